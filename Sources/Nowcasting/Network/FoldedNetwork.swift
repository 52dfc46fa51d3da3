/// The graph network with every product of weights that meets no nonlinearity taken beforehand. Source: nino-model.md
/// 4.
///
/// Matrices are held transposed, [inputs, outputs], so that a tile of rows multiplies them from the left.
struct FoldedNetwork: Sendable {
    /// x W + b for rows x.
    struct Layer: Sendable {
        /// [inputs, outputs].
        let weight: [Float]
        let bias: [Float]
        var outputs: Int { bias.count }
        var inputs: Int { weight.count / bias.count }
    }

    /// Message passing with everything but the sums over edges folded. The edge features it sees are affine in what
    /// the passes hold: the raw states before the first update, the hidden edge vector after it.
    struct Convolution: Sendable {
        /// Scale of a message from an edge's inputs: [edge inputs, H].
        let scale: [Float]
        /// Shift likewise.
        let shift: [Float]
        /// Constant part of scale and shift, by edge type: [types, H]; one row once types have been absorbed.
        let scaleConstants: [Float]
        let shiftConstants: [Float]
        /// Target half of `pre` with its bias; source half without.
        let target: Layer
        let source: Layer
        /// Output of the node: own part with all biases, and part of the aggregate.
        let own: Layer
        let aggregate: Layer
    }

    /// hidden = silu(inputs · input + source(x_s) + target(x_t)); the constant of each type is apart in the first one.
    struct Update: Sendable {
        /// [edge inputs, H].
        let input: [Float]
        /// [types, H] in the first update, empty (absorbed into `target`) in later ones.
        let constants: [Float]
        let source: Layer
        let target: Layer
    }

    let width: Int
    let slots: Int
    let convolutions: [Convolution]
    let updates: [Update]
    let nodeProjection: Layer
    /// Hidden layer of the read-out on the last hidden edge vector.
    let readOutHidden: Layer
    let network: GraphNetwork

    init(_ network: GraphNetwork) {
        self.network = network
        (width, slots) = (network.width, network.slots)
        nodeProjection = Layer(FoldingMatrix(network.nodeProjection), [Double](network.nodeProjection.bias))
        // e = features · input + constants[type], first of the raw states, then of the hidden vector.
        var features = FoldingMatrix(network.edgeProjection)
        let projectionBias = [Double](network.edgeProjection.bias)
        var constants = (0..<network.edgeTypes).map { projectionBias.plus([Double](network.embedding(ofType: $0))) }
        var convolutions: [Convolution] = []
        var updates: [Update] = []
        for (convolution, update) in zip(network.convolutions, network.edgeUpdates) {
            convolutions.append(
                Convolution(convolution, width: network.width, features: features, constants: constants))
            updates.append(Update(update, features: features, constants: constants, isFirst: updates.isEmpty))
            features = FoldingMatrix(update.output)
            constants = [[Double](update.output.bias)]
        }
        (self.convolutions, self.updates) = (convolutions, updates)
        let hidden = FoldingMatrix(network.readOutHidden)
        readOutHidden = Layer(hidden * features, (hidden * constants[0]).plus([Double](network.readOutHidden.bias)))
    }
}

extension FoldedNetwork.Layer {
    init(_ matrix: FoldingMatrix, _ bias: [Double]) {
        self.init(weight: matrix.transposed, bias: bias.floats)
    }
}

extension FoldedNetwork.Convolution {
    fileprivate init(_ layer: GraphNetwork.Convolution, width: Int, features: FoldingMatrix, constants: [[Double]]) {
        let (scaleRows, shiftRows) = (
            FoldingMatrix(layer.edgeEncoder, rows: 0..<width),
            FoldingMatrix(layer.edgeEncoder, rows: width..<(2 * width))
        )
        let encoderBias = [Double](layer.edgeEncoder.bias)
        scale = (scaleRows * features).transposed
        shift = (shiftRows * features).transposed
        scaleConstants = constants.flatMap { (scaleRows * $0).plus(encoderBias[..<width]).floats }
        shiftConstants = constants.flatMap { (shiftRows * $0).plus(encoderBias[width...]).floats }
        target = FoldedNetwork.Layer(FoldingMatrix(layer.pre, columns: 0..<width), [Double](layer.pre.bias))
        source = FoldedNetwork.Layer(
            FoldingMatrix(layer.pre, columns: width..<(2 * width)), [Double](repeating: 0, count: width))
        let output = FoldingMatrix(layer.output)
        own = FoldedNetwork.Layer(
            output * FoldingMatrix(layer.post, columns: 0..<width),
            (output * [Double](layer.post.bias)).plus([Double](layer.output.bias)))
        aggregate = FoldedNetwork.Layer(
            output * FoldingMatrix(layer.post, columns: width..<(2 * width)), [Double](repeating: 0, count: width))
    }
}

extension FoldedNetwork.Update {
    fileprivate init(_ layer: GraphNetwork.EdgeUpdate, features: FoldingMatrix, constants: [[Double]], isFirst: Bool) {
        let edge = FoldingMatrix(layer.edge)
        input = (edge * features).transposed
        let folded = constants.map { (edge * $0).plus([Double](layer.edge.bias)) }
        self.constants = isFirst ? folded.flatMap(\.floats) : []
        source = FoldedNetwork.Layer(FoldingMatrix(layer.source), [Double](layer.source.bias))
        let targetBias = [Double](layer.target.bias)
        target = FoldedNetwork.Layer(FoldingMatrix(layer.target), isFirst ? targetBias : targetBias.plus(folded[0]))
    }
}
