import Checkpoints
import NeuralGraphs

extension TrainingSample {
    /// Writes all that a network sees of this sample, edge by edge, for comparison with other programs: `edge_index`
    /// [2, edges], `edge_type`, `edge_param` (−1: none), `edge_slots`, `edge_constant`; `lpe` [nodes, 8]; `states`
    /// [scalars, 5] and `targets` [scalars, horizons that have targets], scaled.
    ///
    /// - Throws: `CheckpointError.cannotWrite`.
    public func write(to path: String) throws(CheckpointError) {
        var (ends, types, scalars, slots): ([[Int64]], [Int64], [Int64], [Int64]) = ([[], []], [], [], [])
        var constants: [Float] = []
        var (sources, addresses) = (
            [Int32](repeating: 0, count: TrainingTile.largest), [Int32](repeating: 0, count: TrainingTile.largest)
        )
        graph.forEachTile { tile in
            tile.write(sources: &sources, addresses: &addresses)
            for edge in 0..<tile.edges {
                ends[0].append(Int64(sources[edge]))
                ends[1].append(Int64(tile.firstTarget + edge / tile.places.count))
                types.append(Int64(tile.stream.edges.type))
                scalars.append(tile.stream.constant == nil ? Int64(addresses[edge]) : -1)
                slots.append(Int64(tile.stream.slots))
                constants.append(tile.stream.constant ?? 0)
            }
        }
        let (count, width) = (graph.parameters.count, LaplacianPositionalEncoding.width)
        let integers = [
            "edge_index": ends[0] + ends[1], "edge_type": types, "edge_param": scalars, "edge_slots": slots,
        ]
        let floats = [
            "edge_constant": constants, "lpe": encoding.array, "states": states.array,
            "targets": (0..<count).flatMap { row in (0..<targetCount).map { targets.values[row * horizons + $0] } },
        ]
        let shapes = [
            "edge_index": [2, types.count], "lpe": [graph.nodeCount, width],
            "states": [count, StateHistory.contextLength], "targets": [count, targetCount],
        ]
        let tensors =
            integers.map { TensorInfo(name: $0, dtype: .i64, shape: shapes[$0] ?? [$1.count]) }
            + floats.map { TensorInfo(name: $0, dtype: .f32, shape: shapes[$0] ?? [$1.count]) }
        let writer = try SafetensorsWriter(path, tensors: tensors)
        for tensor in writer.tensors {
            if let values = integers[tensor.name] {
                try writer.writeInt64s(values, to: tensor.name)
            } else {
                try writer.write(floats[tensor.name]!, to: tensor.name)
            }
        }
        try writer.commit()
    }
}
