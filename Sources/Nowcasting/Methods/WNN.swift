import CKernels
import Synchronization
import Tensors

/// WNN+: predicts each scalar from its own five states and its edge type. Source: nino-model.md 3.2.
public struct WNN: Sendable {
    public let network: ScalarNetwork
    /// First hidden layer on the raw states: [5, H], and its constant by type: [types, H]. Folded, as no nonlinearity
    /// lies between.
    private let input: [Float]
    private let constants: [Float]
    private let hidden: [FoldedNetwork.Layer]

    /// Scalars read at a time, and those that go through the layers together.
    private static let chunk = 1 << 15
    private static let tile = 256

    public init(_ network: ScalarNetwork) {
        self.network = network
        let first = FoldingMatrix(network.layers[0])
        input = (first * FoldingMatrix(network.stateProjection)).transposed
        constants = (0..<network.edgeTypes).flatMap { type in
            let row = network.layerEmbedding[(type * network.width)..<((type + 1) * network.width)]
            let features = [Double](network.stateProjection.bias).plus([Double](row))
            return (first * features).plus([Double](network.layers[0].bias)).floats
        }
        hidden = network.layers[1..<(network.layers.count - 1)].map {
            FoldedNetwork.Layer(FoldingMatrix($0), [Double]($0.bias))
        }
    }

    /// - Parameter horizon: k, in 1 … K.
    /// - Returns: the flat parameter vector k states after the last.
    /// - Throws: `horizon`, `edgeType`.
    public func nowcast(_ history: StateHistory, types: ScalarTypes, horizon: Int) throws(NowcastError) -> Tensor {
        let output = Tensor(shape: [history.count])
        try nowcast(
            history, types: types, horizon: horizon, into: FlatSink(parameters: history.parameters, output: output))
        return output
    }

    /// The same from any source of states into any place for the result.
    ///
    /// - Returns: how far the result is from the newest state.
    @discardableResult
    public func nowcast(
        _ source: some StateSource, types: ScalarTypes, horizon: Int, into sink: some NowcastSink
    ) throws(NowcastError) -> ChangeMeasure {
        guard (1...network.horizons).contains(horizon) else {
            throw .horizon(expectedAtMost: network.horizons, found: horizon)
        }
        guard types.largest < network.edgeTypes else {
            throw .edgeType(expectedBelow: network.edgeTypes, found: types.largest)
        }
        precondition(
            types.tensors.count == source.parameters.entries.count, "types and history list different parameters")
        let scaling = StateScaling(source)
        let tiles = source.parameters.entries.enumerated().flatMap { index, entry in
            (0..<entry.count).pieces(of: Self.chunk).map { (parameter: index, scalars: $0) }
        }
        let measures = Mutex([ChangeMeasure](repeating: ChangeMeasure(), count: tiles.count))
        TaskRunner().forEach(Array(tiles.enumerated())) { numbered, scratch in
            guard !source.hasFailed, !sink.hasFailed else { return }
            let (parameter, scalars) = numbered.element
            let measure = predict(
                parameter, scalars, source, scaling.tensors[parameter], types, horizon: horizon, into: sink, scratch)
            measures.withLock { $0[numbered.offset] = measure }
        }
        return .sum(measures.withLock { $0 })
    }

    private func predict(
        _ parameter: Int, _ scalars: Range<Int>, _ source: some StateSource, _ scale: TensorScaling,
        _ types: ScalarTypes, horizon: Int,
        into sink: some NowcastSink, _ scratch: TileScratch
    ) -> ChangeMeasure {
        let count = scalars.count
        let patch = ScalarPatch.run(parameter, scalars)
        let states = scratch.floats(.channels, StateHistory.contextLength * count)
        for state in 0..<StateHistory.contextLength {
            source.read(patch, state: state, into: states + state * count, stride: count)
        }
        scale.scale(states, rows: StateHistory.contextLength, columns: count, stride: count)
        let newest = states + (StateHistory.contextLength - 1) * count
        let result = scratch.floats(.output, count)
        var measure = ChangeMeasure()
        for tile in (0..<count).pieces(of: Self.tile) {
            let changes = predict(states, count, tile, parameter, scalars, types, horizon: horizon, scratch)
            for index in tile {
                result[index] = scale.unscale(newest[index] + changes[index - tile.lowerBound] * network.updateScale)
                measure.add(newest: scale.unscale(newest[index]), nowcast: result[index])
            }
        }
        sink.write(patch, from: result, stride: count)
        return measure
    }

    /// Changes of a tile's scalars, in scaled units; the worker's memory.
    private func predict(
        _ states: UnsafePointer<Float>, _ stride: Int, _ tile: Range<Int>, _ parameter: Int, _ scalars: Range<Int>,
        _ types: ScalarTypes, horizon: Int,
        _ scratch: TileScratch
    ) -> UnsafePointer<Float> {
        let (count, width) = (tile.count, network.width)
        var rows = scratch.floats(.hidden, count * width)
        var spare = scratch.floats(.product, count * width)
        firstLayer(
            states + tile.lowerBound, stride, parameter, tile.shifted(by: scalars.lowerBound), types, into: rows,
            scratch)
        for layer in hidden {
            applyLayer(layer, rows, rows: count, into: spare)
            swap(&rows, &spare)
            nino_silu(rows, rows, Int64(count * width))
        }
        let last = network.layers[network.layers.count - 1]
        let changes = scratch.floats(.pre, count)
        last.weight.withUnsafeBufferPointer { weight in
            let row = weight.baseAddress! + (horizon - 1) * width
            for index in 0..<count {
                changes[index] = Float(nino_dot(rows + index * width, row, Int64(width))) + last.bias[horizon - 1]
            }
        }
        return UnsafePointer(changes)
    }

    /// silu of the first hidden layer: an edge kernel whose "sources" are the types.
    private func firstLayer(
        _ states: UnsafePointer<Float>, _ stride: Int, _ parameter: Int, _ scalars: Range<Int>, _ types: ScalarTypes,
        into rows: UnsafeMutablePointer<Float>, _ scratch: TileScratch
    ) {
        let zeros = scratch.floats(.targetTerms, network.width)
        zeros.update(repeating: 0, count: network.width)
        let sources = scratch.sources(scalars.count)
        for (place, scalar) in scalars.enumerated() { sources[place] = Int32(types.type(of: scalar, in: parameter)) }
        var shape = nino_edge_tile_t(
            sources: sources, targets: 1, fan_in: Int64(scalars.count), width: Int64(network.width))
        var inputs = nino_edge_states_t(
            values: states, channel_count: Int64(StateHistory.contextLength), channel_stride: Int64(stride),
            target_stride: 0, source_stride: 1)
        nino_edge_input_silu(&shape, &inputs, input, constants, zeros, rows)
    }
}
