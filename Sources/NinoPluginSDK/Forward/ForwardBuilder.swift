import CNinoPlugin

/// A value of the trace.
public struct Value: Sendable {
    let number: nino_value_t
}

/// An attribute of an op.
public enum Attribute: Sendable {
    /// An integer, or a flag as 0 or 1.
    case integer(Int)
    /// A finite number.
    case real(Double)
    /// A text, such as the name of a layout.
    case text(String)
    /// A list of integers: a shape, axes, paddings.
    case integers([Int])
    /// A list of finite numbers.
    case reals([Double])
}

/// Takes down the forward pass of a model. All shapes are known while tracing. Valid during `trace` only.
public struct ForwardBuilder {
    let table: UnsafePointer<nino_forward_builder_t>

    /// An input the model needs.
    /// - Parameters:
    ///   - name: `pixels`, `input_ids`, `labels`, or any other that the caller of the model gives.
    ///   - elementType: `NINO_FLOAT32` or `NINO_INT64`.
    ///   - dims: sizes, slowest first; nil where any size is right.
    public func input(_ name: String, _ elementType: nino_element_type_t = NINO_FLOAT32, _ dims: [Int?]) throws -> Value
    {
        try make { try inputStatus(name, elementType, dims, $0) }
    }

    /// An input the model can do without; nil if it was not given.
    public func optionalInput(_ name: String, _ elementType: nino_element_type_t = NINO_FLOAT32, _ dims: [Int?]) throws
        -> Value?
    {
        do {
            return try input(name, elementType, dims)
        } catch let error as PluginError where error.status == NINO_ABSENT {
            return nil
        }
    }

    /// A parameter or buffer, by name.
    public func tensor(_ name: String) throws -> Value {
        try make { number in try check { table.pointee.tensor(table, name, number, $0) } }
    }

    /// A constant tensor.
    public func constant(_ values: [Float], _ dims: [Int]) throws -> Value {
        let sizes = dims.map(Int64.init)
        return try make { number in
            try check { table.pointee.constant(table, values, sizes, Int64(sizes.count), number, $0) }
        }
    }

    /// Applies an op of the host's op set by name.
    public func op(_ name: String, _ inputs: [Value], _ attributes: KeyValuePairs<String, Attribute> = [:]) throws
        -> Value
    {
        try op(name, inputs, attributes.map { ($0, $1) })
    }

    /// Applies an op of the host's op set by name, with attributes that are made while tracing.
    public func op(_ name: String, _ inputs: [Value], _ attributes: [(String, Attribute)]) throws -> Value {
        let memory = BorrowedMemory()
        let list = attributes.map { name, attribute in
            var item = nino_attribute_t()
            item.name = memory.text(name)
            switch attribute {
            case .integer(let value): (item.kind, item.integer) = (NINO_ATTRIBUTE_INTEGER, Int64(value))
            case .real(let value): (item.kind, item.real) = (NINO_ATTRIBUTE_REAL, value)
            case .text(let value): (item.kind, item.text) = (NINO_ATTRIBUTE_TEXT, memory.text(value))
            case .integers(let values):
                item.kind = NINO_ATTRIBUTE_INTEGERS
                (item.integers, item.integer_count) = (memory.array(values.map(Int64.init)), Int64(values.count))
            case .reals(let values):
                item.kind = NINO_ATTRIBUTE_REALS
                (item.reals, item.real_count) = (memory.array(values), Int64(values.count))
            }
            return item
        }
        let numbers = inputs.map(\.number)
        defer { withExtendedLifetime(memory) {} }
        return try make { number in
            try check {
                table.pointee.op(table, name, numbers, Int64(numbers.count), list, Int64(list.count), number, $0)
            }
        }
    }

    /// The shape of a value.
    public func shape(_ value: Value) throws -> [Int] {
        var dims = [Int64](repeating: 0, count: Int(NINO_MAX_RANK))
        var rank: Int64 = 0
        try check { table.pointee.shape(table, value.number, &dims, &rank, $0) }
        return dims.prefix(Int(rank)).map { Int($0) }
    }

    /// Names a result: `logits` always, `loss` when labels were given.
    public func output(_ name: String, _ value: Value) throws {
        try check { table.pointee.output(table, name, value.number, $0) }
    }

    private func inputStatus(
        _ name: String, _ elementType: nino_element_type_t, _ dims: [Int?], _ number: UnsafeMutablePointer<nino_value_t>
    ) throws {
        let sizes = dims.map { $0.map(Int64.init) ?? -1 }
        try check { table.pointee.input(table, name, elementType, sizes, Int64(sizes.count), number, $0) }
    }

    private func make(_ body: (UnsafeMutablePointer<nino_value_t>) throws -> Void) throws -> Value {
        var number: nino_value_t = -1
        try body(&number)
        return Value(number: number)
    }
}
