/// y = x Wᵀ + b over the last axis, PyTorch's Linear: `weight` `[out, in]`, and `bias` `[out]` if it has one.
///
/// In the graph all pairs of the neurons it reads and those it makes.
public struct Linear: Sendable {
    let order: Int
    let name, weight: String
    let bias: String?
    let input, output: Axis
    let layout: WeightLayout
    private let table: Table?
    private let tiedBias: Vector?

    /// Declares the layer.
    /// - Parameters:
    ///   - path: its tensors are `path.weight` and `path.bias`.
    ///   - input: the columns, and which groups move them.
    ///   - output: the rows.
    ///   - hasBias: there is a bias.
    ///   - layout: how the weight is stored.
    ///   - weights: how the weight is drawn; nil for PyTorch's rule, for the bias too.
    ///   - biases: how the bias is drawn; nil for 0, or for PyTorch's rule as the weight.
    public init(
        _ path: Path, from input: Axis, to output: Axis, bias hasBias: Bool = true, layout: WeightLayout = .outFirst,
        weights: Initialization? = nil, biases: Initialization? = nil
    ) {
        self.init(
            path, weight: path / "weight", bias: hasBias ? path / "bias" : nil, from: input, to: output,
            layout: layout, weights: weights, biases: biases)
    }

    /// Declares a layer whose tensors have names of their own.
    /// - Parameters:
    ///   - path: of the layer, for people.
    ///   - weight: the whole name of the weight.
    ///   - bias: the whole name of the bias; nil for none.
    ///   - input: the columns, and which groups move them.
    ///   - output: the rows.
    ///   - layout: how the weight is stored.
    ///   - weights: how the weight is drawn; nil for PyTorch's rule, for the bias too.
    ///   - biases: how the bias is drawn; nil for 0, or for PyTorch's rule as the weight.
    public init(
        _ path: Path, weight: Path, bias: Path?, from input: Axis, to output: Axis, layout: WeightLayout = .outFirst,
        weights: Initialization? = nil, biases: Initialization? = nil
    ) {
        let usual = Initialization.pytorchDefault(fanIn: input.size)
        let axes = layout == .outFirst ? [output, input] : [input, output]
        order = path.modules.declare(DeclaredTensor(weight.name, .parameter(weights ?? usual), axes))
        if let bias {
            let drawn = biases ?? (weights == nil ? usual : .constant(0))
            _ = path.modules.declare(DeclaredTensor(bias.name, .parameter(drawn), [output]))
        }
        (name, self.weight, self.bias) = (path.name, weight.name, bias?.name)
        (self.input, self.output, self.layout) = (input, output, layout)
        (table, tiedBias) = (nil, nil)
    }

    /// Declares a layer that scores the rows of a table: its weight is the table, which files may carry once more.
    /// - Parameters:
    ///   - path: its tensors are `path.weight` and, with a bias, `path.bias`.
    ///   - table: whose rows it scores.
    ///   - bias: a vector declared before, of a scalar for each row.
    public init(_ path: Path, tiedTo table: Table, bias: Vector? = nil) {
        order = path.modules.declare(DeclaredTensor("\(path.name).weight", .tied(to: table.parameter)))
        if let bias { _ = path.modules.declare(DeclaredTensor("\(path.name).bias", .tied(to: bias.name))) }
        (name, weight, self.bias) = (path.name, table.parameter, bias?.name)
        (input, output, layout, self.table) = (table.stream, table.rows, .outFirst, table)
        tiedBias = bias
    }

    /// `[..., in]` → `[..., out]`.
    public func callAsFunction(_ x: Neurons) throws -> Neurons {
        try x.read(
            graph: { graph, stages in stages.dropLast() + [try result(graph, stages[stages.count - 1])] },
            trace: { try $0.linear($1, weight: weight, bias: bias, layout: layout) })
    }

    private func result(_ graph: GraphReading, _ stage: Stage) throws -> Stage {
        let stage = stage.current
        if stage.axis == nil { stage.axis = input }
        guard stage.axis!.size == input.size else {
            throw PluginError(
                status: NINO_FAILED,
                message: "\(name): expected \(input.size) neurons to read, found \(stage.axis!.size) of \(stage.name)")
        }
        guard let table else {
            let result = Stage(name, output)
            result.pending = Part(linear: self, index: 0, count: 1).pending(stage)
            return result
        }
        try graph.number(stage)
        let rows = try graph.rows(of: table)
        if let tiedBias { try graph.lay(tiedBias.edges, to: rows) }
        return rows
    }
}
