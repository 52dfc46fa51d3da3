import Checkpoints
import TestSupport

/// A small NiNo network of random weights as a checkpoint.
enum RandomCheckpoint {
    static func write(to path: String) throws {
        let (width, slots, layers, horizons) = (8, 9, 3, 40)
        var tensors: [(name: String, shape: [Int])] = [("layer_embed.weight", [15, width])]
        func add(_ name: String, _ outputs: Int, _ inputs: Int) {
            tensors += [("\(name).weight", [outputs, inputs]), ("\(name).bias", [outputs])]
        }
        add("node_proj.fc.0", width, 8)
        add("edge_proj.fc.0", width, slots * 5)
        for layer in 0..<layers {
            add("gnn.convs.\(layer).edge_encoder", 2 * width, width)
            add("gnn.convs.\(layer).pre_nns.0.0", width, 2 * width)
            add("gnn.convs.\(layer).post_nns.0.0", width, 2 * width)
            add("gnn.convs.\(layer).lin", width, width)
        }
        for layer in 0..<(layers - 1) {
            for name in ["lin_e", "lin_s", "lin_t", "lin1"] { add("gnn.edge_update.\(layer).\(name)", width, width) }
        }
        add("edge_out.fc.0", width, width)
        add("edge_out.fc.2", slots * horizons, width)
        let infos = tensors.map { TensorInfo(name: $0.name, dtype: .f32, shape: $0.shape) }
        let writer = try SafetensorsWriter(path, tensors: infos, metadata: ["model_args": #"{"wte_pos_enc": false}"#])
        var random = SeededGenerator(seed: 3)
        for tensor in writer.tensors {
            try writer.write(random.floats(tensor.shape.reduce(1, *)).map { 0.05 * $0 }, to: tensor.name)
        }
        try writer.commit()
    }
}
