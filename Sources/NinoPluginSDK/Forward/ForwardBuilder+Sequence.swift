/// What sequence models need of the op set; shapes and formulas are in docs/ops.md.
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
    ///   - paddingIndex: a row that gets no gradient from here.
    public func embedding(_ ids: Value, table: String, paddingIndex: Int? = nil) throws -> Value {
        try op("embedding", [ids, tensor(table)], ["paddingIndex": .integer(paddingIndex ?? -1)])
    }

    /// Layer norm over the last axis, with weight and bias under PyTorch's names.
    public func layerNorm(_ x: Value, _ prefix: String, epsilon: Double) throws -> Value {
        try op("layerNorm", [x, tensor("\(prefix).weight"), tensor("\(prefix).bias")], ["epsilon": .real(epsilon)])
    }

    /// RMS norm over the last axis, with a weight of that width or, where `weight` is nil, with none.
    public func rmsNorm(_ x: Value, weight: String?, epsilon: Double) throws -> Value {
        try op("rmsNorm", [x] + (weight.map { [try tensor($0)] } ?? []), ["epsilon": .real(epsilon)])
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

    /// Values one behind the other on one axis; their other sizes are equal.
    public func concat(_ values: [Value], axis: Int) throws -> Value {
        try op("concat", values, ["axis": .integer(axis)])
    }

    /// Axes in another order: axis i of the result is axis `axes[i]` of x.
    public func transpose(_ x: Value, _ axes: [Int]) throws -> Value {
        try op("transpose", [x], ["axes": .integers(axes)])
    }

    /// x again and again along a new first axis.
    public func expand(_ x: Value, count: Int) throws -> Value {
        try op("expand", [x], ["count": .integer(count)])
    }

    /// Names `logits`, and as `loss` the mean cross-entropy of each position's logits with the next position's label if
    /// labels were given.
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
