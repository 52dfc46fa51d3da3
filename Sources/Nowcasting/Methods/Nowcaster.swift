import NeuralGraphs
import Tensors

/// Predicts a model's parameters some states ahead from five recorded ones.
public enum Nowcaster: Sendable {
    /// NiNo, by its factorized form.
    case nino(StreamedNetwork)
    /// WNN+: every scalar by itself.
    case wnn(WNN)
    /// The least-squares line.
    case lineFit
    /// The mean of the states.
    case average

    /// The method that a checkpoint's weights are for.
    ///
    /// - Parameter precision: of NiNo's H × H products on graphs in blocks; the processor must have it.
    public init(_ checkpoint: NowcastCheckpoint, precision: ProductPrecision = .float32) {
        switch checkpoint {
        case .graph(let network): self = .nino(StreamedNetwork(network, precision: precision))
        case .scalar(let network): self = .wnn(WNN(network))
        }
    }

    /// The longest horizon; nil: any.
    public var longestHorizon: Int? {
        switch self {
        case .nino(let form): form.network.horizons
        case .wnn(let form): form.network.horizons
        case .lineFit, .average: nil
        }
    }

    /// Horizon of a run's first nowcast: what is asked for, but no more than this can; as much as it can if nothing is.
    public func firstHorizon(_ asked: Int?) -> Int {
        min(asked ?? .max, longestHorizon ?? asked ?? HorizonSchedule.longestDefault)
    }

    /// False for a mean of the past, which is the same at every horizon.
    public var looksAhead: Bool {
        switch self {
        case .nino, .wnn, .lineFit: true
        case .average: false
        }
    }

    public var needsGraph: Bool {
        switch self {
        case .nino, .wnn: true
        case .lineFit, .average: false
        }
    }

    /// - Parameters:
    ///   - horizon: k, in states (one period / 5 optimizer steps each).
    ///   - model: the model's graph with its encoding; nil will do where none is needed.
    /// - Returns: shape [parameters]; may hold NaN or infinity if the history does.
    /// - Throws: `NowcastError.horizon`, `graphMissing`, and what the graph's form throws.
    public func nowcast(_ history: StateHistory, horizon: Int, model: GraphInput?) throws(NowcastError) -> Tensor {
        let output = Tensor(shape: [history.count])
        try nowcast(
            history, horizon: horizon, model: model, into: FlatSink(parameters: history.parameters, output: output))
        return output
    }

    /// The same from any source of states into any place for the result.
    ///
    /// - Parameter options: for NiNo on a graph in blocks; other methods are quick.
    /// - Returns: how far the result is from the newest state.
    /// - Throws: also `stopped`.
    @discardableResult
    public func nowcast(
        _ source: some StateSource, horizon: Int, model: GraphInput?, into sink: some NowcastSink,
        options: NowcastOptions = .init()
    ) throws(NowcastError) -> ChangeMeasure {
        let measure: ChangeMeasure
        switch self {
        case .lineFit: measure = try LineFit.nowcast(source, horizon: horizon, into: sink)
        case .average: measure = StateAverage.nowcast(source, into: sink)
        case .nino(let form):
            guard let model else { throw .graphMissing(method: "nino") }
            switch model.form {
            case .blocks(let graph):
                return try form.nowcast(
                    source, graph: graph, nodes: model.nodes, horizon: horizon, into: sink, options: options)
            case .edges(let edges):
                measure = try Self.nowcast(
                    form.network, source, edges, model.nodes, horizon: horizon, into: sink, sampler: options.sampler)
            }
        case .wnn(let form):
            guard let model else { throw .graphMissing(method: "wnn") }
            measure = try form.nowcast(source, types: model.types, horizon: horizon, into: sink)
        }
        if source.hasFailed || sink.hasFailed { throw .stopped }
        return measure
    }

    /// The edge-list form, which needs everything in memory.
    private static func nowcast(
        _ network: GraphNetwork, _ source: some StateSource, _ edges: EdgeList, _ nodes: NodeInput, horizon: Int,
        into sink: some NowcastSink,
        sampler: EdgeSampler?
    ) throws(NowcastError) -> ChangeMeasure {
        let history = StateHistory(reading: source)
        guard !source.hasFailed else { throw .stopped }
        var values = try EdgeListForm(network).nowcast(
            history, edges: edges, nodes: nodes, horizon: horizon, sampler: sampler)
        var measure = ChangeMeasure()
        values.withUnsafeMutableBufferPointer { values in
            for (index, entry) in source.parameters.entries.enumerated() {
                for scalar in entry.range {
                    measure.add(
                        newest: history.states[StateHistory.contextLength - 1].values[scalar], nowcast: values[scalar])
                }
                sink.write(.whole(index, entry), from: values.baseAddress! + entry.offset, stride: entry.count)
            }
        }
        return measure
    }
}
