import NeuralGraphs
import Tensors

/// Predicts a model's parameters some states ahead from recorded ones. A new method is one conformance, in a file of
/// its own.
public protocol Nowcaster: Sendable {
    /// As `--method` and results call it.
    var name: String { get }
    /// The longest horizon; nil: any.
    var longestHorizon: Int? { get }
    /// False for a mean of the past, which is the same at every horizon.
    var looksAhead: Bool { get }
    var needsGraph: Bool { get }

    /// Nowcasts at several horizons, from one pass over the states.
    ///
    /// - Parameters:
    ///   - horizons: k, in states (one period / 5 optimizer steps each).
    ///   - graph: the model's graph; nil will do where none is needed.
    ///   - sinks: one for each horizon; they may be given NaN or infinity if the states hold some.
    ///   - options: for methods whose work is long; others ignore it.
    /// - Returns: for each horizon, how far the result is from the newest state.
    /// - Throws: `NowcastError.horizon`, `graphMissing`, `stopped`; what the source and the sinks throw.
    func nowcast(
        _ source: some StateSource, horizons: [Int], graph: GraphInput?, into sinks: [any NowcastSink],
        options: NowcastOptions
    ) throws -> [ChangeMeasure]
}

extension Nowcaster {
    public var longestHorizon: Int? { nil }
    public var looksAhead: Bool { true }
    public var needsGraph: Bool { false }

    /// Horizon of a run's first nowcast: what is asked for, but no more than this can; as much as it can if nothing is.
    public func firstHorizon(_ asked: Int?) -> Int {
        min(asked ?? .max, longestHorizon ?? asked ?? HorizonSchedule.longestDefault)
    }

    /// In memory.
    ///
    /// - Returns: for each horizon, shape [parameters].
    public func nowcast(_ history: StateHistory, horizons: [Int], graph: GraphInput?) throws -> [Tensor] {
        let outputs = horizons.map { _ in Tensor(shape: [history.count]) }
        let sinks = outputs.map { FlatSink(parameters: history.parameters, output: $0) }
        _ = try nowcast(history, horizons: horizons, graph: graph, into: sinks, options: NowcastOptions())
        return outputs
    }

    /// In memory, at one horizon.
    ///
    /// - Returns: shape [parameters].
    public func nowcast(_ history: StateHistory, horizon: Int, graph: GraphInput?) throws -> Tensor {
        try nowcast(history, horizons: [horizon], graph: graph)[0]
    }

    /// - Throws: `horizon`.
    func check(_ horizons: [Int], for sinks: [any NowcastSink]) throws(NowcastError) {
        precondition(horizons.count == sinks.count, "\(horizons.count) horizons for \(sinks.count) sinks")
        for horizon in horizons where !(1...(longestHorizon ?? .max)).contains(horizon) {
            throw .horizon(expectedAtMost: longestHorizon, found: horizon)
        }
    }
}
