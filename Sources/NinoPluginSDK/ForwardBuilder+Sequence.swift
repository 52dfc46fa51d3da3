/// What transformers need of the op set; shapes and formulas are in docs/ops.md.
extension ForwardBuilder {
    /// The input `input_ids` [B, T].
    /// - Parameter limit: most positions there may be; nil for any number.
    /// - Throws: `PluginError.invalid` if there are more.
    public func tokens(atMost limit: Int? = nil) throws -> Value {
        let tokens = try input("input_ids", NINO_INT64, [nil, nil])
        let positions = try shape(tokens)[1]
        guard let limit, positions > limit else { return tokens }
        throw PluginError.invalid("input \"input_ids\": expected at most \(limit) positions, found \(positions)")
    }

    /// Rows of a table: `[...]` → `[..., width]`.
    /// - Parameters:
    ///   - ids: int64, each a row of the table.
    ///   - table: name of the parameter, `[rows, width]`.
    ///   - paddingRow: a row that gets no gradient from here.
    public func embedding(_ ids: Value, table: String, paddingRow: Int? = nil) throws -> Value {
        try op("embedding", [ids, tensor(table)], ["paddingRow": .integer(paddingRow ?? -1)])
    }

    /// Layer norm over the last axis, with weight and bias under PyTorch's names.
    public func layerNorm(_ x: Value, _ prefix: String, epsilon: Double) throws -> Value {
        try op("layerNorm", [x, tensor("\(prefix).weight"), tensor("\(prefix).bias")], ["epsilon": .real(epsilon)])
    }

    /// RMS norm over the last axis, with a weight of that width or, where `weight` is nil, with none.
    public func rmsNorm(_ x: Value, weight: String?, epsilon: Double) throws -> Value {
        try op("rmsNorm", [x] + (weight.map { [try tensor($0)] } ?? []), ["epsilon": .real(epsilon)])
    }

    /// RMS norm of each head: `[B, T, heads · width]`, with a weight `[width]` or, where `weight` is nil, with none.
    public func headNorm(_ x: Value, weight: String?, width: Int, epsilon: Double) throws -> Value {
        let dims = try shape(x)
        let heads = try reshape(x, [dims[0], dims[1], dims[2] / width, width])
        return try reshape(rmsNorm(heads, weight: weight, epsilon: epsilon), dims)
    }

    /// Attention of `[B, T, heads · width]` queries over keys and values of `kvHeads` heads.
    /// - Parameters:
    ///   - query: `[B, T, heads · width]`.
    ///   - key: `[B, T, kvHeads · width]`.
    ///   - value: as `key`.
    ///   - axes: the sizes of the attention.
    ///   - isCausal: position t sees the positions up to t, not all.
    ///   - scale: of the products; nil for 1 / √width.
    public func attention(
        _ query: Value, _ key: Value, _ value: Value, _ axes: AttentionAxes, isCausal: Bool, scale: Double? = nil
    ) throws -> Value {
        try op(
            "attention", [query, key, value],
            [
                "heads": .integer(axes.headCount), "kvHeads": .integer(axes.kvHeadCount),
                "causal": .integer(isCausal ? 1 : 0),
                "scale": .real(scale ?? 1 / Double(axes.width).squareRoot()),
            ])
    }

    /// Turns queries or keys `[B, T, heads · width]` by their positions.
    public func rotary(_ x: Value, _ embedding: RotaryEmbedding, width: Int) throws -> Value {
        guard let scaling = embedding.scaling else {
            return try op(
                "rotary", [x],
                [
                    "width": .integer(width), "theta": .real(embedding.theta),
                    "inverse": .integer(embedding.isInverse ? 1 : 0),
                ])
        }
        return try op(
            "rotary", [x],
            [
                "width": .integer(width), "theta": .real(embedding.theta), "factor": .real(scaling.factor),
                "lowFactor": .real(scaling.lowFactor),
                "highFactor": .real(scaling.highFactor), "positions": .integer(scaling.positions),
            ])
    }

    /// An activation, element by element.
    public func activate(_ x: Value, _ activation: Activation) throws -> Value {
        switch activation {
        case .gelu: return try op("gelu", [x], ["approximation": .text("erf")])
        case .geluTanh: return try op("gelu", [x], ["approximation": .text("tanh")])
        case .quickGelu: return try scale(op("silu", [scale(x, by: 1.702)]), by: 1 / 1.702)
        case .relu: return try relu(x)
        case .reluSquared:
            let y = try relu(x)
            return try multiply(y, y)
        case .silu: return try op("silu", [x])
        case .tanh: return try op("tanh", [x])
        }
    }

    /// a + b, where b may repeat along leading axes of a.
    public func add(_ a: Value, _ b: Value) throws -> Value {
        try op("add", [a, b])
    }

    /// a · b element by element, where b may repeat along leading axes of a.
    public func multiply(_ a: Value, _ b: Value) throws -> Value {
        try op("mul", [a, b])
    }

    /// x · factor.
    public func scale(_ x: Value, by factor: Double) throws -> Value {
        try op("scale", [x], ["factor": .real(factor)])
    }

    /// Positions `range` of one axis.
    public func slice(_ x: Value, axis: Int, _ range: Range<Int>) throws -> Value {
        try op(
            "slice", [x],
            ["axis": .integer(axis), "start": .integer(range.lowerBound), "end": .integer(range.upperBound)])
    }

    /// Equal parts of the last axis.
    public func split(_ x: Value, parts: Int) throws -> [Value] {
        let dims = try shape(x)
        let width = dims[dims.count - 1] / parts
        return try (0..<parts).map { try slice(x, axis: dims.count - 1, ($0 * width)..<(($0 + 1) * width)) }
    }

    /// Values one behind the other on one axis; their other sizes are equal.
    public func concat(_ values: [Value], axis: Int) throws -> Value {
        try op("concat", values, ["axis": .integer(axis)])
    }

    /// Axes in another order: axis i of the result is axis `axes[i]` of x.
    public func transpose(_ x: Value, _ axes: [Int]) throws -> Value {
        try op("transpose", [x], ["axes": .integers(axes)])
    }

    /// One position of a sequence: `[B, T, width]` → `[B, width]`.
    public func position(_ x: Value, _ index: Int) throws -> Value {
        let dims = try shape(x)
        return try reshape(slice(x, axis: 1, index..<(index + 1)), [dims[0], dims[2]])
    }

    /// A learnt token before the first position: `[B, T, width]` → `[B, T + 1, width]`.
    /// - Parameters:
    ///   - token: name of a parameter of `width` scalars, of any shape.
    ///   - x: the sequence.
    public func prepend(_ token: String, to x: Value) throws -> Value {
        let dims = try shape(x)
        return try concat([expand(reshape(tensor(token), [1, dims[2]]), count: dims[0]), x], axis: 1)
    }

    /// x again and again along a new first axis.
    public func expand(_ x: Value, count: Int) throws -> Value {
        try op("expand", [x], ["count": .integer(count)])
    }

    /// Names `logits`, and as `loss` the mean cross-entropy of each position's logits with the next position's label if
    /// labels were
    /// given.
    /// - Parameter logits: `[B, T, vocabulary]`.
    public func predictNext(_ logits: Value) throws {
        try output("logits", logits)
        let dims = try shape(logits)
        guard let labels = try optionalInput("labels", NINO_INT64, [dims[0], dims[1]]) else { return }
        guard dims[1] > 1 else {
            throw PluginError.invalid("input \"labels\": expected at least 2 positions, found \(dims[1])")
        }
        try output("loss", op("crossEntropy", [logits, labels], ["shift": .integer(1)]))
    }
}
