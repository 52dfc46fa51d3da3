import NeuralGraphs
import Tensors

/// Forecasts known states of a run from those before them, and says how near the forecasts come.
///
/// Methods that sum states need one pass over them, for all origins and horizons: products of their changes tell
/// everything. Networks make one nowcast a state that has four others before it.
public struct Backtest: Sendable {
    /// Of the states, rising.
    public let steps: [Int]
    /// In states, rising.
    public let horizons: [Int]

    /// Five that a forecast is made from, and one to compare it with.
    public static let fewestStates = StateHistory.contextLength + 1
    /// Methods that need no graph.
    public static let combiners: [any StateCombiner] = [
        StateAverage(states: 2), StateAverage(), LineFit(), FittedLine(), RankOneLine(),
    ]

    /// - Parameter horizons: nil for 1, 2, 4, …, as far as there are states to compare with.
    /// - Throws: `setting` for fewer than six states, steps that do not rise, or horizons beyond the states.
    public init(steps: [Int], horizons: [Int]? = nil) throws(NowcastError) {
        let farthest = steps.count - StateHistory.contextLength
        guard farthest >= 1 else {
            throw .setting(name: "states", expected: "at least \(Self.fewestStates)", found: "\(steps.count)")
        }
        guard zip(steps, steps.dropFirst()).allSatisfy(<) else {
            let found = steps.map(String.init).joined(separator: ",")
            throw .setting(name: "steps", expected: "rising numbers", found: found)
        }
        self.steps = steps
        let doubled = (0..<Int.bitWidth - 1).map { 1 << $0 }.prefix { $0 <= farthest }
        self.horizons = Set(horizons ?? Array(doubled)).sorted()
        if let wrong = self.horizons.first(where: { !(1...farthest).contains($0) }) {
            throw .setting(
                name: "horizon", expected: "1 to \(farthest), as there are \(steps.count) states", found: "\(wrong)")
        }
        guard !self.horizons.isEmpty else {
            throw .setting(name: "horizon", expected: "at least one", found: "none")
        }
    }

    /// True if the states are equally far apart, as networks expect.
    public var isEven: Bool { Set(zip(steps.dropFirst(), steps).map { $0 - $1 }).count == 1 }

    /// - Parameters:
    ///   - source: as many states as there are steps, oldest first.
    ///   - networks: methods that look at five states, at their own scale; of two with one name the second gets a
    ///     number behind it, and a combiner is left out.
    ///   - graph: of the model, for those that need it.
    ///   - receiver: gets each forecast; then methods that sum states make theirs too, a pass for every state.
    /// - Throws: `setting` for networks and uneven steps; what nowcasts, source and receiver throw.
    public func run(
        _ source: some StateSource, combiners: [any StateCombiner] = Backtest.combiners,
        networks: [any Nowcaster] = [], graph: GraphInput? = nil, receiver: (any ForecastReceiver)? = nil,
        options: NowcastOptions = NowcastOptions()
    ) throws -> BacktestResult {
        guard networks.isEmpty || isEven else {
            throw NowcastError.setting(
                name: "steps", expected: "equal distances, for \(networks[0].name)",
                found: steps.map(String.init).joined(separator: ","))
        }
        let products = try ChangeProducts(source, states: steps.count, options)
        let losses = try receiver.map { receiver in try steps.indices.map { try receiver.loss(ofState: $0) } } ?? []
        var forecasts: [Forecast] = []
        for combiner in combiners {
            forecasts += try combined(combiner, products, source, receiver, options)
        }
        var names = combiners.map(\.name)
        for network in networks where !(network is any StateCombiner) {
            let same = names.count { $0 == network.name || $0.hasPrefix(network.name + "-") }
            names.append(same == 0 ? network.name : "\(network.name)-\(same + 1)")
            forecasts += try predicted(network, names[names.count - 1], source, graph, receiver, options)
        }
        return BacktestResult(
            steps: steps, parameters: source.parameters.count,
            averages: combiners.filter { !$0.looksAhead }.map(\.name),
            distances: distances(products), losses: losses, forecasts: forecasts)
    }

    /// States that some forecast starts from, with the horizons that lead to a known state.
    private func origins(longest: Int?) -> [(newest: Int, horizons: [Int])] {
        ((StateHistory.contextLength - 1)..<(steps.count - 1)).compactMap { newest in
            let inside = horizons.filter { newest + $0 < steps.count && $0 <= longest ?? .max }
            return inside.isEmpty ? nil : (newest, inside)
        }
    }

    private func combined(
        _ combiner: any StateCombiner, _ products: ChangeProducts, _ source: some StateSource,
        _ receiver: (any ForecastReceiver)?, _ options: NowcastOptions
    ) throws -> [Forecast] {
        let times = steps.map(Double.init)
        return try origins(longest: combiner.longestHorizon).flatMap { newest, horizons in
            let known = Array(times.prefix(newest + 1))
            // [parameters][horizons][states].
            let coefficients = products.matrices.indices.map { parameter in
                let own = products.leading(newest + 1, of: parameter)
                return horizons.map { combiner.coefficients(times: known, products: own, at: times[newest + $0]) }
            }
            let names = horizons.map { ForecastName(method: combiner.name, newest: newest, target: newest + $0) }
            let measures = names.indices.map { index in
                coefficients.indices.reduce(ForecastMeasure()) { sum, parameter in
                    sum + measure(coefficients[parameter][index], names[index], products, parameter)
                }
            }
            guard let receiver else { return zip(names, measures).map { Forecast(name: $0, measure: $1, loss: nil) } }
            let sinks = try names.map(receiver.sink)
            _ = try StateCombination { coefficients[$0] }.run(source, into: sinks, options)
            return try zip(names, measures).map {
                Forecast(name: $0, measure: $1, loss: try receiver.finished($0))
            }
        }
    }

    /// Of one tensor.
    private func measure(
        _ coefficients: [Double], _ name: ForecastName, _ products: ChangeProducts, _ parameter: Int
    ) -> ForecastMeasure {
        var forecast = coefficients + [Double](repeating: 0, count: steps.count - coefficients.count)
        var error = forecast
        error[name.target] -= 1
        forecast[name.newest] -= 1
        let truth = change(from: name.newest, to: name.target)
        return ForecastMeasure(
            error: products.product(error, error, of: parameter),
            predicted: products.product(forecast, forecast, of: parameter),
            truth: products.product(truth, truth, of: parameter),
            product: products.product(forecast, truth, of: parameter))
    }

    private func change(from first: Int, to second: Int) -> [Double] {
        var weights = [Double](repeating: 0, count: steps.count)
        (weights[first], weights[second]) = (-1, 1)
        return weights
    }

    private func predicted(
        _ network: any Nowcaster, _ method: String, _ source: some StateSource, _ graph: GraphInput?,
        _ receiver: (any ForecastReceiver)?, _ options: NowcastOptions
    ) throws -> [Forecast] {
        try origins(longest: network.longestHorizon).flatMap { newest, horizons in
            let names = horizons.map { ForecastName(method: method, newest: newest, target: newest + $0) }
            let sinks = try names.map {
                ForecastSink(source, newest: newest, target: $0.target, next: try receiver?.sink(for: $0))
            }
            _ = try network.nowcast(
                StateWindow(source: source, first: newest + 1 - StateHistory.contextLength), horizons: horizons,
                graph: graph, into: sinks, options: options)
            return try zip(names, sinks).map {
                Forecast(name: $0, measure: $1.measure, loss: try receiver?.finished($0))
            }
        }
    }

    /// Squared, over all scalars: [states][states].
    private func distances(_ products: ChangeProducts) -> [[Double]] {
        steps.indices.map { i in
            steps.indices.map { j in
                guard i != j else { return 0 }
                let way = change(from: i, to: j)
                return products.matrices.indices.reduce(0) { $0 + products.product(way, way, of: $1) }
            }
        }
    }
}
