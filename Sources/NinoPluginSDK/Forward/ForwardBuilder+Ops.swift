/// The ops by name; their shapes and formulas are in docs/ops.md.
extension ForwardBuilder {
    /// y = x Wᵀ + b, weight `[out, in]` or `[in, out]`.
    public func linear(_ x: Value, weight: String, bias: String? = nil, layout: WeightLayout = .outFirst) throws
        -> Value
    {
        let attribute = layout == .outFirst ? "outFirst" : "inFirst"
        return try op(
            "linear", [x, tensor(weight)] + (bias.map { [try tensor($0)] } ?? []), ["layout": .text(attribute)])
    }

    /// A layer under PyTorch's names: weight, and bias if it has one.
    public func linear(_ x: Value, _ prefix: String, bias hasBias: Bool, layout: WeightLayout = .outFirst) throws
        -> Value
    {
        try linear(x, weight: "\(prefix).weight", bias: hasBias ? "\(prefix).bias" : nil, layout: layout)
    }

    /// Cross-correlation of `[B, C, H, W]` with kernels `[out, C, h, w]`; padding in pixels above and left, below and
    /// right.
    public func conv2d(_ x: Value, weight: String, bias: String? = nil, stride: Int, padding: (before: Int, after: Int))
        throws -> Value
    {
        try op(
            "conv2d", [x, tensor(weight)] + (bias.map { [try tensor($0)] } ?? []),
            [
                "stride": .integer(stride),
                "padding": .integers([padding.before, padding.before, padding.after, padding.after]),
            ])
    }

    /// max(x, 0), element by element.
    public func relu(_ x: Value) throws -> Value {
        try op("relu", [x])
    }

    /// Batch norm with parameters and running statistics under PyTorch's names.
    public func batchNorm(_ x: Value, _ prefix: String, epsilon: Double = 1e-5, momentum: Double = 0.1) throws -> Value
    {
        let tensors = try ["weight", "bias", "running_mean", "running_var"].map { try tensor("\(prefix).\($0)") }
        return try op("batchNorm", [x] + tensors, ["epsilon": .real(epsilon), "momentum": .real(momentum)])
    }

    /// Mean over the pixels: `[B, C, H, W]` → `[B, C]`.
    public func globalAveragePool(_ x: Value) throws -> Value {
        try op("globalAveragePool", [x])
    }

    /// The same elements in the same order in another shape; at most one size may be -1, inferred from the others.
    public func reshape(_ x: Value, _ dims: [Int]) throws -> Value {
        try op("reshape", [x], ["shape": .integers(dims)])
    }

    /// Names `logits`, and their mean cross-entropy with `labels` as `loss` if labels were given; the label -100 counts
    /// for nothing.
    /// - Parameter logits: `[B, classes]` or `[B, T, classes]`, labels without the last axis.
    public func classify(_ logits: Value) throws {
        try output("logits", logits)
        if let labels = try optionalInput("labels", NINO_INT64, shape(logits).dropLast().map { $0 }) {
            try output("loss", op("crossEntropy", [logits, labels]))
        }
    }
}
