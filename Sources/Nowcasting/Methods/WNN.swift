import CKernels
import Synchronization
import Tensors

/// WNN+: predicts each scalar from its own five states and its edge type. Source: nino-model.md 3.2.
public struct WNN: Sendable {
    public let shape: NetworkShape
    private let layout: WNNLayout
    private let weights: FoldedWeights
    private let updateScale: Float

    /// Scalars read at a time, and those that go through the layers together.
    private static let chunk = 1 << 15
    private static let tile = 256

    public init(_ network: NowcastNetwork) {
        precondition(network.shape.method == .wnn, "a network of \(network.shape.method) on single scalars")
        (shape, updateScale) = (network.shape, network.updateScale)
        layout = WNNLayout(network.shape)
        weights = FoldedWeights(network)
    }

    private func predict(
        _ part: Part, _ source: some StateSource, _ scale: TensorScaling, _ types: ScalarTypes, _ horizons: [Int],
        into sinks: [any NowcastSink], _ scratch: TileScratch
    ) throws -> [ChangeMeasure] {
        let count = part.scalars.count
        let patch = ScalarPatch.run(part.parameter, part.scalars)
        let states = scratch.floats(.channels, StateHistory.contextLength * count)
        for state in 0..<StateHistory.contextLength {
            try source.read(patch, state: state, into: states + state * count, stride: count)
        }
        scale.scale(states, rows: StateHistory.contextLength, columns: count, stride: count)
        // [horizons, scalars].
        let results = scratch.floats(.output, horizons.count * count)
        for tile in (0..<count).pieces(of: Self.tile) {
            let hidden = hiddenVectors(states, count, tile, part, types, scratch)
            for (row, horizon) in horizons.enumerated() {
                writeChanges(hidden, tile.count, horizon: horizon, to: results + row * count + tile.lowerBound)
            }
        }
        let newest = states + (StateHistory.contextLength - 1) * count
        return try sinks.enumerated().map { row, sink in
            let result = results + row * count
            var measure = ChangeMeasure()
            for index in 0..<count {
                result[index] = scale.unscale(newest[index] + result[index] * updateScale)
                measure.add(newest: scale.unscale(newest[index]), nowcast: result[index])
            }
            try sink.write(patch, from: result, stride: count)
            return measure
        }
    }

    /// Last hidden vectors of a tile's scalars: [scalars, H]; the worker's memory.
    private func hiddenVectors(
        _ states: UnsafePointer<Float>, _ stride: Int, _ tile: Range<Int>, _ part: Part, _ types: ScalarTypes,
        _ scratch: TileScratch
    ) -> UnsafePointer<Float> {
        let (count, width) = (tile.count, shape.width)
        var rows = scratch.floats(.hidden, count * width)
        var spare = scratch.floats(.product, count * width)
        firstLayer(
            states + tile.lowerBound, stride, part.parameter, tile.shifted(by: part.scalars.lowerBound), types,
            into: rows, scratch)
        for layer in layout.hidden {
            layer.weight.apply(
                weights.values.address, bias: weights[layer.bias], rows, rows: count, into: spare)
            swap(&rows, &spare)
            nino_silu(rows, rows, Int64(count * width))
        }
        return UnsafePointer(rows)
    }

    /// Changes of a tile's scalars, in scaled units.
    private func writeChanges(
        _ hidden: UnsafePointer<Float>, _ count: Int, horizon: Int, to changes: UnsafeMutablePointer<Float>
    ) {
        let width = shape.width
        let row = weights[layout.readOut.weight] + (horizon - 1) * width
        let bias = weights[layout.readOut.bias][horizon - 1]
        for index in 0..<count {
            changes[index] = Float(nino_dot(hidden + index * width, row, Int64(width))) + bias
        }
    }

    /// silu of the first hidden layer: an edge kernel whose "sources" are the types.
    private func firstLayer(
        _ states: UnsafePointer<Float>, _ stride: Int, _ parameter: Int, _ scalars: Range<Int>, _ types: ScalarTypes,
        into rows: UnsafeMutablePointer<Float>, _ scratch: TileScratch
    ) {
        let zeros = scratch.floats(.targetTerms, shape.width)
        zeros.update(repeating: 0, count: shape.width)
        let sources = scratch.sources(scalars.count)
        for (place, scalar) in scalars.enumerated() { sources[place] = Int32(types.type(of: scalar, in: parameter)) }
        var tile = nino_edge_tile_t(
            sources: sources, targets: 1, fan_in: Int64(scalars.count), width: Int64(shape.width))
        var inputs = nino_edge_states_t(
            values: states, channel_count: Int64(StateHistory.contextLength), channel_stride: Int64(stride),
            target_stride: 0, source_stride: 1)
        nino_edge_input_silu(&tile, &inputs, weights[layout.input], weights[layout.constants], zeros, rows)
    }
}

extension WNN: Nowcaster {
    public var name: String { "wnn" }
    public var longestHorizon: Int? { shape.horizons }
    public var needsGraph: Bool { true }

    /// Some scalars of a parameter.
    private struct Part {
        let parameter: Int
        let scalars: Range<Int>
    }

    /// - Throws: also `edgeType`.
    public func nowcast(
        _ source: some StateSource, horizons: [Int], graph: GraphInput?, into sinks: [any NowcastSink],
        options: NowcastOptions
    ) throws -> [ChangeMeasure] {
        guard let types = graph?.types else { throw NowcastError.graphMissing(method: name) }
        try check(horizons, for: sinks)
        guard types.largest < shape.edgeTypes else {
            throw NowcastError.edgeType(expectedBelow: shape.edgeTypes, found: types.largest)
        }
        precondition(
            types.tensors.count == source.parameters.entries.count, "types and history list different parameters")
        let scaling = try StateScaling(source, ranks: options.ranks)
        let parts = source.parameters.entries.enumerated().flatMap { index, entry in
            (0..<entry.count).pieces(of: Self.chunk).map { Part(parameter: index, scalars: $0) }
        }
        return try PartialMeasures.collect(parts, sums: sinks.count, options) { part, scratch in
            try predict(part, source, scaling.tensors[part.parameter], types, horizons, into: sinks, scratch)
        }
    }
}
