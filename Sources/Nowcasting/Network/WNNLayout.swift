/// Where everything of WNN+ lies, under the names of the released checkpoints. Source: nino-model.md 3.2.
struct WNNLayout: Sendable {
    static let readOutName = "edge_mlp.fc.6"

    let shape: NetworkShape
    /// First hidden layer on the raw states, and its constants by type.
    let input: WeightView
    let constants: WeightView
    let hidden: [LayerView]
    /// H → K.
    let readOut: LayerView
    let weights: WeightLayout

    init(_ shape: NetworkShape) {
        var weights = WeightLayout()
        let embedding = weights.tensor(NetworkLayout.embeddingName, [shape.edgeTypes, shape.width])
        let projection = weights.layer(NetworkLayout.edgeProjectionName, shape.width, StateHistory.contextLength)
        let layers = [0, 2, 4].map { weights.layer("edge_mlp.fc.\($0)", shape.width, shape.width) }
        readOut = weights.layer(Self.readOutName, shape.horizons, shape.width)
        input = weights.fold(projection.operand().transposed, layers[0].operand().transposed)
        constants = weights.affine(
            projection, FoldOperand(embedding, rows: shape.edgeTypes, columns: shape.width), layers[0].operand(),
            bias: layers[0].bias)
        (self.shape, hidden, self.weights) = (shape, Array(layers.dropFirst()), weights)
    }
}
