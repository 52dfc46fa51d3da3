import Tensors

extension GraphNetwork {
    /// An untrained network, weights drawn as PyTorch draws those of linear layers (uniform in ±1/√inputs); for
    /// benchmarks and proofs
    /// that need any network, not a good one.
    ///
    /// - Parameters:
    ///   - width: H; the released networks have 128.
    ///   - slots: F, scalars on one edge.
    ///   - layers: message passing layers.
    ///   - horizons: K.
    ///   - gain: factor on all weights of linear layers. With 1, signals fade from layer to layer; √6 keeps them.
    public static func random(
        width: Int = 128, slots: Int = 9, layers: Int = 3, horizons: Int = 40, gain: Float = 1, seed: UInt64
    ) -> GraphNetwork {
        var arguments = NetworkArguments()
        arguments.usesWordPositions = false
        let weights = randomWeights(
            width: width, slots: slots, layers: layers, horizons: horizons, gain: gain, seed: seed)
        do {
            return try GraphNetwork(WeightReader(weights: weights), arguments)
        } catch {
            preconditionFailure("the drawn weights do not fit: \(error)")
        }
    }

    /// The weights of such a network under the names of a checkpoint, whose `model_args` then are `{"wte_pos_enc":
    /// false}`.
    public static func randomWeights(
        width: Int = 128, slots: Int = 9, layers: Int = 3, horizons: Int = 40, gain: Float = 1, seed: UInt64
    ) -> [String: NamedWeight] {
        precondition(
            width > 0 && slots > 0 && layers >= 2 && horizons > 0,
            "no network of width \(width), \(slots) slots, \(layers) layers, \(horizons) horizons")
        var generator = SeededRandom(seed: seed, purpose: .initialWeights)
        var weights: [String: NamedWeight] = [:]
        func uniform(_ count: Int, within bound: Float) -> [Float] {
            (0..<count).map { _ in generator.uniform(in: -bound...bound) }
        }
        func linear(_ name: String, _ outputs: Int, _ inputs: Int) {
            let bound = gain / Float(inputs).squareRoot()
            weights["\(name).weight"] = NamedWeight(
                shape: [outputs, inputs], values: uniform(outputs * inputs, within: bound))
            weights["\(name).bias"] = NamedWeight(shape: [outputs], values: uniform(outputs, within: bound))
        }
        weights["layer_embed.weight"] = NamedWeight(shape: [15, width], values: uniform(15 * width, within: 1))
        linear("node_proj.fc.0", width, 8)
        linear("edge_proj.fc.0", width, slots * StateHistory.contextLength)
        for layer in 0..<layers {
            linear("gnn.convs.\(layer).edge_encoder", 2 * width, width)
            linear("gnn.convs.\(layer).pre_nns.0.0", width, 2 * width)
            linear("gnn.convs.\(layer).post_nns.0.0", width, 2 * width)
            linear("gnn.convs.\(layer).lin", width, width)
        }
        for layer in 0..<(layers - 1) {
            for part in ["lin_e", "lin_s", "lin_t", "lin1"] { linear("gnn.edge_update.\(layer).\(part)", width, width) }
        }
        linear("edge_out.fc.0", width, width)
        linear("edge_out.fc.2", slots * horizons, width)
        return weights
    }
}
