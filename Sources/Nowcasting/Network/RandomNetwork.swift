import Tensors

extension NowcastNetwork {
    /// An untrained NiNo, weights drawn as PyTorch draws those of linear layers (uniform in ±1/√inputs); for benchmarks
    /// and proofs that need any network, not a good one.
    ///
    /// - Parameters:
    ///   - width: H; the released networks have 128.
    ///   - slots: F, scalars on one edge.
    ///   - layers: rounds of message passing.
    ///   - horizons: K.
    ///   - gain: factor on all weights of linear layers. With 1, signals fade from layer to layer; √6 keeps them.
    public static func random(
        width: Int = 128, slots: Int = 9, layers: Int = 3, horizons: Int = 40, gain: Float = 1, seed: UInt64
    ) -> NowcastNetwork {
        var arguments = NetworkArguments()
        arguments.usesWordPositions = false
        let weights = randomWeights(
            width: width, slots: slots, layers: layers, horizons: horizons, gain: gain, seed: seed)
        do {
            return try NowcastNetwork(weights: weights, arguments: arguments)
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
        let shape = NetworkShape(method: .nino, width: width, slots: slots, horizons: horizons, updates: layers - 1)
        var generator = SeededRandom(seed: seed, purpose: .initialWeights)
        var (weights, bound): ([String: NamedWeight], Float) = ([:], 1)
        for entry in shape.weightLayout.entries {
            // A bias has the bound of its weight, which comes before it.
            if entry.shape.count == 2, entry.name != NetworkLayout.embeddingName {
                bound = gain / Float(entry.shape[1]).squareRoot()
            }
            let values = (0..<entry.shape.reduce(1, *)).map { _ in generator.uniform(in: -bound...bound) }
            weights[entry.name] = NamedWeight(shape: entry.shape, values: values)
        }
        return weights
    }
}
