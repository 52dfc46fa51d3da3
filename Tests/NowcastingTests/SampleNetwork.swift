import NeuralGraphs
import Nowcasting
import TestSupport

/// Networks of random weights, small enough to compute in double precision.
enum SampleNetwork {
    static let horizons = 6

    /// Weights under the names of a checkpoint.
    static func graphWeights(width: Int = 8, slots: Int = 9, layers: Int = 3, words: Int? = nil, seed: UInt64)
        -> [String: NamedWeight]
    {
        var random = SeededGenerator(seed: seed)
        var weights: [String: NamedWeight] = [:]
        func add(_ name: String, _ outputs: Int, _ inputs: Int, gain: Float = 1) {
            let scale = gain / Float(inputs).squareRoot() * 1.7
            weights[name + ".weight"] = NamedWeight(
                shape: [outputs, inputs], values: random.floats(outputs * inputs).map { $0 * scale })
            weights[name + ".bias"] = NamedWeight(shape: [outputs], values: random.floats(outputs).map { $0 * 0.3 })
        }
        weights["layer_embed.weight"] = NamedWeight(shape: [15, width], values: random.floats(15 * width))
        if let words {
            weights["wte_pos_enc_layer.weight"] = NamedWeight(
                shape: [words, width], values: random.floats(words * width))
        }
        add("node_proj.fc.0", width, 8, gain: 4)
        add("edge_proj.fc.0", width, slots * 5)
        for layer in 0..<layers {
            add("gnn.convs.\(layer).edge_encoder", 2 * width, width)
            add("gnn.convs.\(layer).pre_nns.0.0", width, 2 * width)
            add("gnn.convs.\(layer).post_nns.0.0", width, 2 * width, gain: 2)
            add("gnn.convs.\(layer).lin", width, width, gain: 2)
        }
        for layer in 0..<(layers - 1) {
            for name in ["lin_e", "lin_s", "lin_t", "lin1"] {
                add("gnn.edge_update.\(layer).\(name)", width, width, gain: 1.5)
            }
        }
        add("edge_out.fc.0", width, width, gain: 2)
        add("edge_out.fc.2", slots * horizons, width)
        return weights
    }

    static func scalarWeights(width: Int = 8, seed: UInt64) -> [String: NamedWeight] {
        var random = SeededGenerator(seed: seed)
        var weights: [String: NamedWeight] = [:]
        weights["layer_embed.weight"] = NamedWeight(shape: [15, width], values: random.floats(15 * width))
        for (name, outputs, inputs) in [
            ("edge_proj.fc.0", width, 5), ("edge_mlp.fc.0", width, width), ("edge_mlp.fc.2", width, width),
            ("edge_mlp.fc.4", width, width), ("edge_mlp.fc.6", horizons, width),
        ] {
            weights[name + ".weight"] = NamedWeight(shape: [outputs, inputs], values: random.floats(outputs * inputs))
            weights[name + ".bias"] = NamedWeight(shape: [outputs], values: random.floats(outputs))
        }
        return weights
    }

    static var graphArguments: NetworkArguments {
        var arguments = NetworkArguments()
        arguments.usesWordPositions = false
        return arguments
    }

    static var scalarArguments: NetworkArguments {
        var arguments = NetworkArguments()
        arguments.usesGraph = false
        return arguments
    }

    static func graph(_ weights: [String: NamedWeight], _ arguments: NetworkArguments = graphArguments) throws
        -> NowcastNetwork
    {
        try NowcastNetwork(weights: weights, arguments: arguments)
    }

    static func scalar(_ weights: [String: NamedWeight]) throws -> NowcastNetwork {
        try NowcastNetwork(weights: weights, arguments: scalarArguments)
    }

    /// Five states that move: a start for each tensor, a drift and some noise.
    static func history(_ parameters: ParameterList, seed: UInt64) throws -> StateHistory {
        var random = SeededGenerator(seed: seed)
        let (start, drift) = (random.floats(parameters.count), random.floats(parameters.count))
        var states: [[Float]] = []
        for t in 0..<5 {
            var state = random.floats(parameters.count).map { 0.02 * $0 }
            for (index, entry) in parameters.entries.enumerated() {
                let (center, spread) = (Float(index % 3), 0.1 * Float(1 + index))
                for i in entry.range { state[i] += center + spread * start[i] + 0.05 * Float(t) * drift[i] }
            }
            states.append(state)
        }
        return try StateHistory(states, parameters: parameters)
    }
}

/// ‖a − b‖ / ‖b − last‖: the relative error of the predicted change.
func relativeError(_ a: [Float], _ b: [Double], last: [Float]) -> Double {
    var (error, change) = (0.0, 0.0)
    for index in a.indices {
        error += (Double(a[index]) - b[index]) * (Double(a[index]) - b[index])
        change += (b[index] - Double(last[index])) * (b[index] - Double(last[index]))
    }
    return (error / change).squareRoot()
}
