import NeuralGraphs

/// Where everything of NiNo's graph network lies, under the names of the released checkpoints. Source: nino-model.md 3
/// and 4.
///
/// The last round of message passing of a checkpoint feeds nothing and is not read.
struct NetworkLayout: Sendable {
    /// Messages m = scale ⊙ (target(x_t) + source(x_s)) + shift, scale and shift affine in the inputs of an edge: raw
    /// states in the first round, the hidden vector in later ones.
    struct MessagePassing: Sendable {
        let scale: WeightView
        let shift: WeightView
        /// Constants of scale and shift: a row for each edge type in the first round, one row later.
        let scaleConstants: WeightView
        let shiftConstants: WeightView
        let target: WeightView
        let targetBias: Int
        let source: WeightView
        /// x' = silu(own(x) + aggregate(mean message) + bias).
        let own: WeightView
        let aggregate: WeightView
        let bias: WeightView
    }

    /// hidden' = silu(inputs · input + source(x_s) + target(x_t) + constants).
    struct Update: Sendable {
        let input: WeightView
        /// A row for each edge type in the first update, one row later.
        let constants: WeightView
        let source: LayerView
        let target: LayerView
    }

    static let embeddingName = "layer_embed.weight"
    static let wordEmbeddingName = "wte_pos_enc_layer.weight"
    static let edgeProjectionName = "edge_proj.fc.0"
    static let messagePassingName = "gnn.convs."
    static let updateName = "gnn.edge_update."
    static let readOutName = "edge_out.fc.2"

    let shape: NetworkShape
    let nodeProjection: LayerView
    let messagePassing: [MessagePassing]
    let updates: [Update]
    /// Hidden layer of the read-out on the last hidden edge vector, its bias as one row.
    let readOutHidden: WeightView
    let readOutHiddenBias: WeightView
    /// H → F·K, row f·K + k − 1.
    let readOut: LayerView
    let weights: WeightLayout

    init(_ shape: NetworkShape) {
        let width = shape.width
        var weights = WeightLayout()
        let embedding = weights.tensor(Self.embeddingName, [shape.edgeTypes, width])
        nodeProjection = weights.layer("node_proj.fc.0", width, LaplacianPositionalEncoding.width)
        let edgeProjection = weights.layer(
            Self.edgeProjectionName, width, shape.slots * StateHistory.contextLength)
        let rounds = (0..<shape.updates).map { MessagePassingLayers(&weights, index: $0, width) }
        MessagePassingLayers.layIdle(&weights, index: shape.updates, width)
        let edges = (0..<shape.updates).map { index in
            ["lin_e", "lin_s", "lin_t", "lin1"].map { weights.layer("\(Self.updateName)\(index).\($0)", width, width) }
        }
        let hidden = weights.layer("edge_out.fc.0", width, width)
        readOut = weights.layer(Self.readOutName, shape.slots * shape.horizons, width)

        // Edge features are affine in what the passes hold: features · inputs + constants.
        var features = edgeProjection
        var types: FoldOperand? = FoldOperand(embedding, rows: shape.edgeTypes, columns: width)
        var (messagePassing, updates): ([MessagePassing], [Update]) = ([], [])
        for (round, edge) in zip(rounds, edges) {
            messagePassing.append(round.fold(&weights, features, types))
            let constants = weights.affine(features, types, edge[0].operand(), bias: edge[0].bias)
            updates.append(
                Update(
                    input: weights.fold(features.operand().transposed, edge[0].operand().transposed),
                    constants: constants, source: edge[1], target: edge[2]))
            (features, types) = (edge[3], nil)
        }
        readOutHidden = weights.fold(features.operand().transposed, hidden.operand().transposed)
        readOutHiddenBias = weights.affine(features, nil, hidden.operand(), bias: hidden.bias)
        (self.shape, self.messagePassing, self.updates, self.weights) = (shape, messagePassing, updates, weights)
    }
}

/// The layers of one round of message passing.
private struct MessagePassingLayers {
    let encoder: LayerView
    let pre: LayerView
    let post: LayerView
    let output: LayerView

    /// Name, outputs and inputs in units of the width.
    private static let layers = [
        ("edge_encoder", 2, 1), ("pre_nns.0.0", 1, 2), ("post_nns.0.0", 1, 2), ("lin", 1, 1),
    ]

    init(_ weights: inout WeightLayout, index: Int, _ width: Int) {
        let layers = Self.layers.map { name, outputs, inputs in
            weights.layer("\(NetworkLayout.messagePassingName)\(index).\(name)", outputs * width, inputs * width)
        }
        (encoder, pre, post, output) = (layers[0], layers[1], layers[2], layers[3])
    }

    static func layIdle(_ weights: inout WeightLayout, index: Int, _ width: Int) {
        for (name, outputs, inputs) in layers {
            weights.idleLayer("\(NetworkLayout.messagePassingName)\(index).\(name)", outputs * width, inputs * width)
        }
    }

    func fold(_ weights: inout WeightLayout, _ features: LayerView, _ types: FoldOperand?)
        -> NetworkLayout.MessagePassing
    {
        let width = output.weight.outputs
        let (first, second) = (0..<width, width..<(2 * width))
        let matrices = [first, second].map {
            weights.fold(features.operand().transposed, encoder.operand(rows: $0).transposed)
        }
        let constants = [first, second].map {
            weights.affine(features, types, encoder.operand(rows: $0), bias: encoder.bias + $0.lowerBound)
        }
        let nodes = [first, second].map {
            weights.fold(post.operand(columns: $0).transposed, output.operand().transposed)
        }
        return NetworkLayout.MessagePassing(
            scale: matrices[0], shift: matrices[1], scaleConstants: constants[0], shiftConstants: constants[1],
            target: pre.inputs(first), targetBias: pre.bias, source: pre.inputs(second), own: nodes[0],
            aggregate: nodes[1],
            bias: weights.fold(post.biasRow(), output.operand().transposed, adding: output.bias))
    }
}
