import CNino
import NeuralGraphs
import Nowcasting
import Tensors

// The function of nino.h on backtests.

@c @implementation
public func nino_backtest(
    _ network: OpaquePointer?, _ request: UnsafePointer<nino_backtest_t>?,
    _ watch: UnsafePointer<nino_watch_t>?, _ out: UnsafeMutablePointer<nino_bytes_t>?,
    _ message: UnsafeMutablePointer<nino_message_t>?
) -> nino_outcome_t {
    answer(message) {
        let (network, place) = (try object(network, Network.self), try place(out, "report"))
        guard let request = request?.pointee else {
            throw LibraryError.input("backtest: expected a request, found NULL")
        }
        let count = Int(request.state_count)
        let steps =
            request.steps.map { given in
                (0..<max(0, count)).map { Int(given[$0]) }
            } ?? Array(0..<max(0, count))
        let horizons = request.horizons.map { given in (0..<Int(request.horizon_count)).map { Int(given[$0]) } }
        let backtest = try Backtest(steps: steps, horizons: horizons)
        let source = try ArrayStates(request.states, network.parameters, count: count)
        let networks = try (0..<Int(request.nowcaster_count)).map {
            try object(request.nowcasters?[$0], NowcasterHandle.self).method
        }
        let graph = networks.contains(where: \.needsGraph) ? try network.graphInput() : nil
        let weights = try request.loss.map { loss in
            let arrays = try foreignArrays(request.weights, network.parameters, what: "weights")
            return BorrowedWeights(arrays, network.parameters, loss: lossFunction(loss, request.loss_context))
        }
        defer { weights?.restore() }
        let judge = weights.map { weights in ForecastLosses(source, loss: weights.loss) }
        let result = try backtest.run(
            source, networks: networks, graph: graph, receiver: judge, options: NowcastOptions(observer: Watch(watch)))
        try hand(Array(result.json.utf8), to: place)
    }
}

/// The caller's weights, which others take the place of for as long as a loss is asked for.
private final class BorrowedWeights {
    private let arrays: [ForeignArray]
    private let parameters: ParameterList
    private let function: () throws -> Double
    private let own: Tensor

    init(_ arrays: [ForeignArray], _ parameters: ParameterList, loss: @escaping () throws -> Double) {
        (self.arrays, self.parameters, function) = (arrays, parameters, loss)
        own = Tensor(shape: [parameters.count])
        for (array, entry) in zip(arrays, parameters.entries) {
            array.read(first: 0, step: 1, count: entry.count, into: own.address + entry.offset)
        }
    }

    func loss(_ weights: Tensor) throws -> Double {
        write(weights)
        return try function()
    }

    func restore() { write(own) }

    private func write(_ weights: Tensor) {
        for (array, entry) in zip(arrays, parameters.entries) {
            array.write(first: 0, step: 1, count: entry.count, from: weights.address + entry.offset)
        }
    }
}
