import CKernels
import Tensors

/// WNN+: predicts each scalar from its own five states and its edge type. Source: nino-model.md 3.2.
public struct ScalarForm: Sendable {
    public let network: ScalarNetwork
    /// First hidden layer on the raw states: [5, H], and its constant by type: [types, H]. Folded, as no nonlinearity lies between.
    private let input: [Float]
    private let constants: [Float]
    private let hidden: [FoldedNetwork.Layer]

    /// Scalars at a time.
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
        hidden = network.layers[1..<(network.layers.count - 1)].map { FoldedNetwork.Layer(FoldingMatrix($0), [Double]($0.bias)) }
    }

    /// - Parameter horizon: k, in 1 … K.
    /// - Returns: the flat parameter vector k states after the last.
    /// - Throws: `horizon`, `edgeType`.
    public func nowcast(_ history: StateHistory, types: ScalarTypes, horizon: Int) throws(NowcastError) -> Tensor {
        let output = Tensor(shape: [history.count])
        try nowcast(history, types: types, horizon: horizon, into: FlatSink(parameters: history.parameters, output: output))
        return output
    }

    /// The same from any source of states into any place for the result.
    public func nowcast(
        _ source: some StateSource, types: ScalarTypes, horizon: Int, into sink: some NowcastSink
    ) throws(NowcastError) {
        guard (1...network.horizons).contains(horizon) else { throw .horizon(expectedAtMost: network.horizons, found: horizon) }
        guard types.largest < network.edgeTypes else { throw .edgeType(expectedBelow: network.edgeTypes, found: types.largest) }
        precondition(types.tensors.count == source.parameters.entries.count, "types and history list different parameters")
        let scaling = StateScaling(source)
        let tiles = source.parameters.entries.enumerated().flatMap { index, entry in
            stride(from: 0, to: entry.count, by: Self.tile).map { (parameter: index, scalars: $0..<min($0 + Self.tile, entry.count)) }
        }
        TaskRunner().forEach(tiles) { tile, scratch in
            predict(tile.parameter, tile.scalars, source, scaling, types, horizon: horizon, into: sink, scratch)
        }
    }

    private func predict(
        _ parameter: Int, _ scalars: Range<Int>, _ source: some StateSource, _ scaling: StateScaling, _ types: ScalarTypes, horizon: Int,
        into sink: some NowcastSink, _ scratch: TileScratch
    ) {
        let (count, width) = (scalars.count, network.width)
        let patch = ScalarPatch(parameter: parameter, first: scalars.lowerBound, rows: 1, rowStride: 0, columns: count, columnStride: 1)
        let states = scratch.floats(.channels, StateHistory.contextLength * count)
        for state in 0..<StateHistory.contextLength { source.read(patch, state: state, into: states + state * count, stride: count) }
        let scale = scaling.tensors[parameter]
        scale.scale(states, rows: StateHistory.contextLength, columns: count, stride: count)
        var rows = scratch.floats(.hidden, count * width)
        var spare = scratch.floats(.product, count * width)
        firstLayer(states, parameter, scalars, types, into: rows, scratch)
        for layer in hidden {
            applyLayer(layer, rows, rows: count, into: spare)
            swap(&rows, &spare)
            nino_silu(rows, rows, Int64(count * width))
        }
        let last = network.layers[network.layers.count - 1]
        let newest = states + (StateHistory.contextLength - 1) * count
        let change = scratch.floats(.output, count)
        last.weight.withUnsafeBufferPointer { weight in
            let row = weight.baseAddress! + (horizon - 1) * width
            for index in 0..<count {
                let predicted = Float(nino_dot(rows + index * width, row, Int64(width))) + last.bias[horizon - 1]
                change[index] = scale.unscale(newest[index] + predicted * network.updateScale)
            }
        }
        sink.write(patch, from: change, stride: count)
    }

    /// silu of the first hidden layer: an edge kernel whose "sources" are the types.
    private func firstLayer(
        _ states: UnsafePointer<Float>, _ parameter: Int, _ scalars: Range<Int>, _ types: ScalarTypes, into rows: UnsafeMutablePointer<Float>,
        _ scratch: TileScratch
    ) {
        let zeros = scratch.floats(.targetTerms, network.width)
        zeros.update(repeating: 0, count: network.width)
        scratch.withSources(scalars.count) { sources in
            for (place, scalar) in scalars.enumerated() { sources[place] = Int32(types.type(of: scalar, in: parameter)) }
            var shape = nino_edge_tile_t(sources: sources, targets: 1, fan_in: Int64(scalars.count), width: Int64(network.width))
            nino_edge_input_silu(&shape, states, Int64(StateHistory.contextLength), Int64(scalars.count), input, constants, zeros, rows)
        }
    }
}
