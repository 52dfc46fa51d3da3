import NeuralGraphs
import Tensors

/// A layer's weight and the offset of its bias.
struct LayerView {
    let weight: WeightView
    let bias: Int

    /// As an operand of folds: [outputs, inputs], or some rows or columns of it.
    func operand(rows: Range<Int>? = nil, columns: Range<Int>? = nil) -> FoldOperand {
        let (rows, columns) = (rows ?? 0..<weight.outputs, columns ?? 0..<weight.inputs)
        return FoldOperand(
            weight.offset + rows.lowerBound * weight.stride + columns.lowerBound, rows: rows.count,
            columns: columns.count, stride: weight.stride)
    }

    /// The layer on a range of its inputs.
    func inputs(_ range: Range<Int>) -> WeightView {
        WeightView(
            offset: weight.offset + range.lowerBound, inputs: range.count, outputs: weight.outputs,
            stride: weight.stride, isOutFirst: true)
    }

    func biasRow(_ range: Range<Int>? = nil) -> FoldOperand {
        FoldOperand(bias + (range?.lowerBound ?? 0), rows: 1, columns: range?.count ?? weight.outputs)
    }
}

/// Lays the tensors of a network end to end, then what is folded from them.
struct LayoutBuilder {
    private(set) var tensors: [(name: String, shape: [Int])] = []
    private(set) var folds: [WeightFold] = []
    private(set) var count = 0

    /// - Returns: the offset.
    mutating func tensor(_ name: String, _ shape: [Int]) -> Int {
        precondition(folds.isEmpty, "tensors come before folds")
        tensors.append((name, shape))
        defer { count += shape.reduce(1, *) }
        return count
    }

    mutating func layer(_ name: String, _ outputs: Int, _ inputs: Int) -> LayerView {
        let offset = tensor(name + ".weight", [outputs, inputs])
        let weight = WeightView(offset: offset, inputs: inputs, outputs: outputs, stride: inputs, isOutFirst: true)
        return LayerView(weight: weight, bias: tensor(name + ".bias", [outputs]))
    }

    /// a · b + added, as a matrix that rows multiply from the left.
    mutating func fold(_ a: FoldOperand, _ b: FoldOperand, adding added: Int? = nil) -> WeightView {
        let fold = WeightFold(a: a, b: b, added: added, output: count)
        folds.append(fold)
        count += fold.rows * fold.columns
        return WeightView(
            offset: fold.output, inputs: fold.rows, outputs: fold.columns, stride: fold.columns, isOutFirst: false)
    }
}

/// Where everything of NiNo's graph network lies. Source: nino-model.md 3 and 4.
///
/// The last convolution of a checkpoint feeds nothing and is left out.
struct GraphLayout {
    /// Messages m = scale ⊙ (target(x_t) + source(x_s)) + shift, scale and shift affine in the inputs of an edge: raw
    /// states in the
    /// first layer, the hidden vector in later ones.
    struct Convolution {
        let scale: WeightView
        let shift: WeightView
        /// Constants of scale and shift: a row for each edge type in the first layer, one row later.
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
    struct Update {
        let input: WeightView
        let constants: WeightView
        let source: LayerView
        let target: LayerView
    }

    let shape: NetworkShape
    let nodeProjection: LayerView
    let convolutions: [Convolution]
    let updates: [Update]
    /// Hidden layer of the read-out on the last hidden edge vector, its bias as one row.
    let readOutHidden: WeightView
    let readOutHiddenBias: WeightView
    let readOut: LayerView
    let builder: LayoutBuilder

    init(_ shape: NetworkShape) {
        let width = shape.width
        var builder = LayoutBuilder()
        let embedding = builder.tensor("layer_embed.weight", [shape.edgeTypes, width])
        nodeProjection = builder.layer("node_proj.fc.0", width, LaplacianPositionalEncoding.width)
        let edgeProjection = builder.layer("edge_proj.fc.0", width, shape.slots * StateHistory.contextLength)
        let layers = (0..<shape.updates).map { index in ConvolutionLayers(&builder, "gnn.convs.\(index).", width) }
        let edges = (0..<shape.updates).map { index in
            ["lin_e", "lin_s", "lin_t", "lin1"].map { builder.layer("gnn.edge_update.\(index).\($0)", width, width) }
        }
        let hidden = builder.layer("edge_out.fc.0", width, width)
        readOut = builder.layer("edge_out.fc.2", shape.slots * shape.horizons, width)

        // Edge features are affine in what the passes hold: features · inputs + constants.
        var features = edgeProjection
        var types: FoldOperand? = FoldOperand(embedding, rows: shape.edgeTypes, columns: width)
        var (convolutions, updates): ([Convolution], [Update]) = ([], [])
        for (layer, edge) in zip(layers, edges) {
            convolutions.append(layer.fold(&builder, features, types))
            let constants = builder.affine(features, types, edge[0].operand(), bias: edge[0].bias)
            updates.append(
                Update(
                    input: builder.fold(features.operand().transposed, edge[0].operand().transposed),
                    constants: constants, source: edge[1], target: edge[2]))
            (features, types) = (edge[3], nil)
        }
        readOutHidden = builder.fold(features.operand().transposed, hidden.operand().transposed)
        readOutHiddenBias = builder.affine(features, nil, hidden.operand(), bias: hidden.bias)
        (self.shape, self.convolutions, self.updates, self.builder) = (shape, convolutions, updates, builder)
    }
}

extension LayoutBuilder {
    /// The constant part of a layer W x + b on features: W · (constant of the features) + b, a row a type if there are
    /// types.
    mutating func affine(_ features: LayerView, _ types: FoldOperand?, _ weight: FoldOperand, bias: Int) -> WeightView {
        let common = fold(features.biasRow(), weight.transposed, adding: bias)
        return types.map { fold($0, weight.transposed, adding: common.offset) } ?? common
    }
}

/// The layers of one convolution.
private struct ConvolutionLayers {
    let encoder: LayerView
    let pre: LayerView
    let post: LayerView
    let output: LayerView

    init(_ builder: inout LayoutBuilder, _ name: String, _ width: Int) {
        encoder = builder.layer(name + "edge_encoder", 2 * width, width)
        pre = builder.layer(name + "pre_nns.0.0", width, 2 * width)
        post = builder.layer(name + "post_nns.0.0", width, 2 * width)
        output = builder.layer(name + "lin", width, width)
    }

    func fold(_ builder: inout LayoutBuilder, _ features: LayerView, _ types: FoldOperand?) -> GraphLayout.Convolution {
        let width = output.weight.outputs
        let (first, second) = (0..<width, width..<(2 * width))
        let matrices = [first, second].map {
            builder.fold(features.operand().transposed, encoder.operand(rows: $0).transposed)
        }
        let constants = [first, second].map {
            builder.affine(features, types, encoder.operand(rows: $0), bias: encoder.bias + $0.lowerBound)
        }
        let nodes = [first, second].map {
            builder.fold(post.operand(columns: $0).transposed, output.operand().transposed)
        }
        return GraphLayout.Convolution(
            scale: matrices[0], shift: matrices[1], scaleConstants: constants[0], shiftConstants: constants[1],
            target: pre.inputs(first), targetBias: pre.bias,
            source: pre.inputs(second), own: nodes[0], aggregate: nodes[1],
            bias: builder.fold(post.biasRow(), output.operand().transposed, adding: output.bias))
    }
}

/// Sizes of a network to be trained.
public struct NetworkShape: Sendable, Equatable, Codable {
    public enum Method: String, Sendable, Codable, CaseIterable {
        case nino
        case wnn
    }

    public var method: Method
    /// H.
    public var width: Int
    /// F: scalars an edge may carry.
    public var slots: Int
    /// K: the longest horizon.
    public var horizons: Int
    public var edgeTypes: Int
    /// Edge updates; a checkpoint has one more convolution.
    public var updates: Int

    public init(
        method: Method, width: Int, slots: Int = 9, horizons: Int = 40, edgeTypes: Int = EdgeList.typeCount,
        updates: Int = 2
    ) {
        (self.method, self.width, self.slots, self.horizons, self.edgeTypes, self.updates) = (
            method, width, slots, horizons, edgeTypes, updates
        )
    }
}

/// Where everything of WNN+ lies. Source: nino-model.md 3.2.
struct ScalarLayout {
    let shape: NetworkShape
    /// First hidden layer on the raw states, and its constants by type.
    let input: WeightView
    let constants: WeightView
    let hidden: [LayerView]
    let readOut: LayerView
    let builder: LayoutBuilder

    init(_ shape: NetworkShape) {
        var builder = LayoutBuilder()
        let embedding = builder.tensor("layer_embed.weight", [shape.edgeTypes, shape.width])
        let projection = builder.layer("edge_proj.fc.0", shape.width, StateHistory.contextLength)
        let layers = [0, 2, 4].map { builder.layer("edge_mlp.fc.\($0)", shape.width, shape.width) }
        readOut = builder.layer("edge_mlp.fc.6", shape.horizons, shape.width)
        input = builder.fold(projection.operand().transposed, layers[0].operand().transposed)
        constants = builder.affine(
            projection, FoldOperand(embedding, rows: shape.edgeTypes, columns: shape.width), layers[0].operand(),
            bias: layers[0].bias)
        (self.shape, hidden, self.builder) = (shape, Array(layers.dropFirst()), builder)
    }
}
