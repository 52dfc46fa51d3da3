import NeuralGraphs
import Nowcasting
import Synchronization

/// A nowcaster with what the caller asks of it beside horizons: a share of the edges, layers by themselves, parameters
/// that stay as they are.
struct CallersNowcaster: Nowcaster {
    /// A part of the network, with its parameters as indices in the whole list.
    struct Layer {
        let graph: GraphInput
        let indices: [Int]
    }

    let method: any Nowcaster
    /// Empty: the whole graph.
    var layers: [Layer] = []
    var sampler: EdgeSampler?
    /// Whether each parameter is nowcast; nil: all are.
    var isTrained: [Bool]?
    let watch = CurrentWatch()

    var name: String { method.name }
    var longestHorizon: Int? { method.longestHorizon }
    var looksAhead: Bool { method.looksAhead }
    var needsGraph: Bool { method.needsGraph }

    func nowcast(
        _ source: some StateSource, horizons: [Int], graph: GraphInput?, into sinks: [any NowcastSink],
        options: NowcastOptions
    ) throws -> [ChangeMeasure] {
        var options = options
        options.sampler = sampler
        options.observer = watch.value
        var sinks = sinks
        if let isTrained { sinks = sinks.map { TrainedSink(sink: $0, source: source, isTrained: isTrained) } }
        guard !layers.isEmpty else {
            return try method.nowcast(source, horizons: horizons, graph: graph, into: sinks, options: options)
        }
        var whole = horizons.map { _ in ChangeMeasure() }
        for layer in layers {
            let part = PartOfStates(source: source, parameters: layer.graph.parameters, indices: layer.indices)
            let measures = try method.nowcast(
                part, horizons: horizons, graph: layer.graph,
                into: sinks.map { PartOfSink(sink: $0, indices: layer.indices) }, options: options)
            for (index, measure) in measures.enumerated() { whole[index].add(measure) }
        }
        return whole
    }
}

/// The watch of the call under way.
final class CurrentWatch: Sendable {
    private let current = Mutex<Watch?>(nil)

    var value: Watch? {
        get { current.withLock { $0 } }
        set { current.withLock { $0 = newValue } }
    }
}

/// Some parameters of a source, under numbers of their own.
private struct PartOfStates<Source: StateSource>: StateSource {
    let source: Source
    let parameters: ParameterList
    let indices: [Int]

    func read(_ patch: ScalarPatch, state: Int, into output: UnsafeMutablePointer<Float>, stride: Int) throws {
        try source.read(patch.inParameter(indices[patch.parameter]), state: state, into: output, stride: stride)
    }
}

/// The same of a sink.
private struct PartOfSink: NowcastSink {
    let sink: any NowcastSink
    let indices: [Int]

    func write(_ patch: ScalarPatch, from values: UnsafePointer<Float>, stride: Int) throws {
        try sink.write(patch.inParameter(indices[patch.parameter]), from: values, stride: stride)
    }
}

/// Gives parameters that are not trained their newest state.
private struct TrainedSink<Source: StateSource>: NowcastSink {
    let sink: any NowcastSink
    let source: Source
    let isTrained: [Bool]

    func write(_ patch: ScalarPatch, from values: UnsafePointer<Float>, stride: Int) throws {
        guard !isTrained[patch.parameter] else { return try sink.write(patch, from: values, stride: stride) }
        try withUnsafeTemporaryAllocation(of: Float.self, capacity: patch.rows * patch.columns) { newest in
            let address = newest.baseAddress!
            try source.read(patch, state: StateHistory.contextLength - 1, into: address, stride: patch.columns)
            try sink.write(patch, from: address, stride: patch.columns)
        }
    }
}
