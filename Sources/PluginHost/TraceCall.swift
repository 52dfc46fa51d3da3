import CNinoPlugin
import Tensors

/// The host's side of `trace`: what the plugin asks for goes into a `Program`.
final class TraceCall: BuilderCall {
    /// The types of inputs.
    enum Inputs {
        /// Those the caller will give, by name.
        case given([String: ValueType])
        /// Whatever the plugin asks for; where it leaves a size open, `batch` for the first axis and `length` for the
        /// others.
        case open(batch: Int, length: Int)
    }

    private let inputs: Inputs
    private let tensors: [String: (shape: [Int], isParameter: Bool)]
    private let customFunctions: [String: CustomFunctions]
    private(set) var program = Program()
    /// All that the plugin asked for, as a number: equal for equal traces within this process.
    private var hasher = Hasher()
    var transcript: Int {
        // Finalized is a copy: more may be added to the original.
        let copy = hasher
        return copy.finalize()
    }

    /// - Parameter customFunctions: the plugin's own ops, by name.
    init(description: ModelDescription, inputs: Inputs, customFunctions: [String: CustomFunctions]) {
        self.inputs = inputs
        self.customFunctions = customFunctions
        var tensors: [String: (shape: [Int], isParameter: Bool)] = [:]
        for parameter in description.parameters { tensors[parameter.name] = (parameter.shape, true) }
        for buffer in description.buffers where buffer.elementType == .float32 {
            tensors[buffer.name] = (buffer.shape, false)
        }
        self.tensors = tensors
    }

    /// The table the plugin is given; valid while this object lives.
    var table: nino_forward_builder_t {
        nino_forward_builder_t(
            context: context,
            input: { builder, name, type, dims, rank, out, error in
                TraceCall.of(builder).make(out, error) { try $0.input(name, type, dims, rank) }
            },
            tensor: { builder, name, out, error in
                TraceCall.of(builder).make(out, error) { try $0.tensor(name) }
            },
            constant: { builder, values, dims, rank, out, error in
                TraceCall.of(builder).make(out, error) { try $0.constant(values, dims, rank) }
            },
            op: { builder, name, inputs, inputCount, attributes, attributeCount, out, error in
                TraceCall.of(builder).make(out, error) {
                    try $0.op(name, inputs, inputCount, attributes, attributeCount)
                }
            },
            shape: { builder, value, dims, rank, error in
                TraceCall.of(builder).report(to: error) {
                    guard let dims, let rank else { throw Refusal("shape: expected a place for it, found NULL") }
                    let shape = try TraceCall.of(builder).program.shape(of: ValueID(index: Int(value)))
                    for (i, size) in shape.enumerated() { dims[i] = Int64(size) }
                    rank.pointee = Int64(shape.count)
                }
            },
            output: { builder, cName, value, error in
                TraceCall.of(builder).report(to: error) {
                    guard let name = nonEmptyText(cName) else {
                        throw Refusal("output: name: expected a text, found none")
                    }
                    let call = TraceCall.of(builder)
                    call.hasher.combine("output \(name) \(value)")
                    try call.program.output(name, ValueID(index: Int(value)))
                }
            })
    }

    private static func of(_ builder: UnsafePointer<nino_forward_builder_t>?) -> TraceCall {
        Unmanaged<TraceCall>.fromOpaque(builder!.pointee.context).takeUnretainedValue()
    }

    private func make(
        _ out: UnsafeMutablePointer<nino_value_t>?, _ error: UnsafeMutablePointer<nino_error_t>?,
        _ body: (TraceCall) throws -> ValueID
    ) -> nino_status_t {
        report(to: error) {
            guard let out else { throw Refusal("expected a place for the value's number, found NULL") }
            out.pointee = nino_value_t(try body(self).index)
        }
    }

    private func dims(_ pointer: UnsafePointer<Int64>?, _ rank: Int64, of owner: String) throws -> [Int64] {
        guard rank == 0 || pointer != nil, (0...Int64(NINO_MAX_RANK)).contains(rank) else {
            throw Refusal("\(owner): rank: expected 0 to \(NINO_MAX_RANK), found \(rank)")
        }
        return (0..<Int(rank)).map { pointer![$0] }
    }

    private func input(
        _ cName: UnsafePointer<CChar>?, _ type: nino_element_type_t, _ dims: UnsafePointer<Int64>?, _ rank: Int64
    ) throws -> ValueID {
        guard let name = nonEmptyText(cName) else { throw Refusal("input: name: expected a text, found none") }
        let wanted = try self.dims(dims, rank, of: "input \"\(name)\"")
        hasher.combine("input \(name) \(type) \(wanted)")
        let elementType: ElementType = type == NINO_INT64 ? .int64 : .float32
        guard let given = offer(name, elementType, wanted) else {
            throw Refusal("input \"\(name)\": expected by the model, found none", status: NINO_ABSENT)
        }
        let fits =
            given.shape.count == wanted.count && zip(given.shape, wanted).allSatisfy { $1 == -1 || Int64($0) == $1 }
        guard given.elementType == elementType, fits else {
            let shape = wanted.map { $0 == -1 ? "any" : "\($0)" }.joined(separator: ", ")
            throw Refusal(
                "input \"\(name)\": expected \(elementType) [\(shape)], found \(given.elementType) \(given.shape)",
                status: NINO_INVALID)
        }
        return try program.value(named: name) ?? program.input(name, elementType, given.shape)
    }

    private func offer(_ name: String, _ elementType: ElementType, _ wanted: [Int64]) -> ValueType? {
        switch inputs {
        case .given(let types): types[name]
        case .open(let batch, let length):
            ValueType(elementType, wanted.enumerated().map { $1 == -1 ? ($0 == 0 ? batch : length) : Int($1) })
        }
    }

    private func tensor(_ cName: UnsafePointer<CChar>?) throws -> ValueID {
        guard let name = text(cName), let tensor = tensors[name] else {
            throw Refusal("the model has no float32 tensor \"\(text(cName) ?? "?")\"")
        }
        hasher.combine("tensor \(name)")
        if let known = program.value(named: name) { return known }
        return tensor.isParameter ? try program.parameter(name, tensor.shape) : try program.buffer(name, tensor.shape)
    }

    private func constant(_ values: UnsafePointer<Float>?, _ dims: UnsafePointer<Int64>?, _ rank: Int64) throws
        -> ValueID
    {
        let shape = try self.dims(dims, rank, of: "constant").map { Int($0) }
        let count = try ValueType.checkedCount(shape, name: "constant")
        guard let values, count <= 1 << 28 else {
            throw Refusal("constant: expected values, found NULL or more than 2^28")
        }
        hasher.combine("constant \(shape)")
        hasher.combine(bytes: UnsafeRawBufferPointer(start: values, count: count * MemoryLayout<Float>.stride))
        return try program.constant(
            .float(Tensor(shape: shape, values: Array(UnsafeBufferPointer(start: values, count: count)))))
    }

    private func op(
        _ cName: UnsafePointer<CChar>?, _ inputs: UnsafePointer<nino_value_t>?, _ inputCount: Int64,
        _ attributes: UnsafePointer<nino_attribute_t>?,
        _ attributeCount: Int64
    ) throws -> ValueID {
        guard let name = nonEmptyText(cName) else { throw Refusal("op: name: expected a text, found none") }
        guard inputCount == 0 || inputs != nil, (0...1024).contains(inputCount),
            attributeCount == 0 || attributes != nil, (0...64).contains(attributeCount)
        else {
            throw Refusal(
                "op \"\(name)\": expected up to 1024 inputs and 64 attributes, found \(inputCount) and "
                    + "\(attributeCount)"
            )
        }
        let ids = (0..<Int(inputCount)).map { ValueID(index: Int(inputs![$0])) }
        var read: [String: OpAttribute] = [:]
        for index in 0..<Int(attributeCount) {
            let (key, value) = try attribute(attributes![index], of: name)
            guard read.updateValue(value, forKey: key) == nil else {
                throw Refusal("op \"\(name)\": attribute \"\(key)\" given twice")
            }
        }
        hasher.combine("op \(name) \(ids.map(\.index)) \(read.sorted { $0.key < $1.key })")
        return try program.apply(operation: operation(name, read), ids, attributes: read)
    }

    private func operation(_ name: String, _ attributes: [String: OpAttribute]) throws -> any Operation {
        if name.hasPrefix(CustomFunctions.prefix) {
            guard let functions = customFunctions[String(name.dropFirst(CustomFunctions.prefix.count))] else {
                let known = customFunctions.isEmpty ? "none" : customFunctions.keys.sorted().joined(separator: ", ")
                throw Refusal("op \"\(name)\": expected a custom op that the plugin declares (\(known))")
            }
            return try CustomOperation(functions, attributes)
        }
        guard Program.operationNames.contains(name) else {
            throw Refusal(
                "op \"\(name)\": this host has no such op; it has "
                    + "\(Program.operationNames.sorted().joined(separator: ", "))",
                status: NINO_UNSUPPORTED)
        }
        return try Program.operation(name, attributes)
    }

    /// The elements of a list attribute; nil if there cannot be so many.
    private func list<Element>(_ elements: UnsafePointer<Element>?, _ count: Int64) -> [Element]? {
        guard count == 0 || elements != nil, (0...64).contains(count) else { return nil }
        return (0..<Int(count)).map { elements![$0] }
    }

    private func attribute(_ attribute: nino_attribute_t, of op: String) throws -> (String, OpAttribute) {
        guard let key = nonEmptyText(attribute.name) else {
            throw Refusal("op \"\(op)\": attribute name: expected a text, found none")
        }
        switch attribute.kind {
        case NINO_ATTRIBUTE_INTEGER: return (key, .integer(Int(attribute.integer)))
        case NINO_ATTRIBUTE_REAL: return (key, .real(attribute.real))
        case NINO_ATTRIBUTE_TEXT:
            guard let value = text(attribute.text) else {
                throw Refusal("op \"\(op)\": attribute \"\(key)\": expected a text, found none")
            }
            return (key, .text(value))
        case NINO_ATTRIBUTE_INTEGERS:
            guard let integers = list(attribute.integers, attribute.integer_count) else {
                throw Refusal(
                    "op \"\(op)\": attribute \"\(key)\": expected up to 64 integers, found \(attribute.integer_count)")
            }
            return (key, .integers(integers.map { Int($0) }))
        case NINO_ATTRIBUTE_REALS:
            guard let reals = list(attribute.reals, attribute.real_count) else {
                throw Refusal(
                    "op \"\(op)\": attribute \"\(key)\": expected up to 64 reals, found "
                        + "\(attribute.real_count)" + (attribute.reals == nil ? " at NULL" : ""))
            }
            return (key, .reals(reals))
        default:
            throw Refusal(
                "op \"\(op)\": attribute \"\(key)\": this host has no kind \(attribute.kind), only 0 to 4",
                status: NINO_UNSUPPORTED)
        }
    }
}
