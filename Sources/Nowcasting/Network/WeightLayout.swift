/// The tensors of a network end to end, then what is folded from them: where everything lies in one flat buffer.
struct WeightLayout: Sendable {
    /// A tensor under its name in checkpoints.
    struct Entry: Sendable {
        let name: String
        let shape: [Int]
        /// nil for a tensor that checkpoints have and nothing reads.
        let offset: Int?
    }

    /// In the order of checkpoints.
    private(set) var entries: [Entry] = []
    private(set) var folds: [WeightFold] = []
    /// Floats of the tensors that are read.
    private(set) var tensorCount = 0
    /// Floats of tensors and folds.
    private(set) var count = 0

    /// Tensors that are read.
    var tensors: [(name: String, shape: [Int])] {
        entries.filter { $0.offset != nil }.map { ($0.name, $0.shape) }
    }

    /// - Returns: the offset.
    mutating func tensor(_ name: String, _ shape: [Int]) -> Int {
        precondition(folds.isEmpty, "tensors come before folds")
        entries.append(Entry(name: name, shape: shape, offset: count))
        defer {
            count += shape.reduce(1, *)
            tensorCount = count
        }
        return count
    }

    mutating func layer(_ name: String, _ outputs: Int, _ inputs: Int) -> LayerView {
        let offset = tensor(name + ".weight", [outputs, inputs])
        let weight = WeightView(offset: offset, inputs: inputs, outputs: outputs, stride: inputs, isOutFirst: true)
        return LayerView(weight: weight, bias: tensor(name + ".bias", [outputs]))
    }

    /// A layer that checkpoints have and nothing reads.
    mutating func idleLayer(_ name: String, _ outputs: Int, _ inputs: Int) {
        entries.append(Entry(name: name + ".weight", shape: [outputs, inputs], offset: nil))
        entries.append(Entry(name: name + ".bias", shape: [outputs], offset: nil))
    }

    /// a · b + added, as a matrix that rows multiply from the left.
    mutating func fold(_ a: FoldOperand, _ b: FoldOperand, adding added: Int? = nil) -> WeightView {
        let fold = WeightFold(a: a, b: b, added: added, output: count)
        folds.append(fold)
        count += fold.rows * fold.columns
        return WeightView(
            offset: fold.output, inputs: fold.rows, outputs: fold.columns, stride: fold.columns, isOutFirst: false)
    }

    /// The constant part of a layer W x + b on features: W · (constant of the features) + b, a row a type if there are
    /// types.
    mutating func affine(_ features: LayerView, _ types: FoldOperand?, _ weight: FoldOperand, bias: Int) -> WeightView {
        let common = fold(features.biasRow(), weight.transposed, adding: bias)
        return types.map { fold($0, weight.transposed, adding: common.offset) } ?? common
    }
}
