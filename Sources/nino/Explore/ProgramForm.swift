import Presentation
import Tensors

/// A program as JSON: the form of docs/traced.md, with all sizes as numbers.
struct ProgramForm: Encodable {
    /// An operation's result by its number, or something else by its name.
    enum Reference: Encodable {
        case result(Int)
        case name(String)

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .result(let index): try container.encode(index)
            case .name(let name): try container.encode(name)
            }
        }
    }

    struct Operation: Encodable {
        let op: String
        let inputs: [Reference]
        let attributes: [String: AttributeForm]
        let shape: [Int]
    }

    struct Output: Encodable {
        let name: String
        let value: Reference
    }

    struct Constant: Encodable {
        let name: String
        let shape: [Int]
        var values: [Int64]?
        var data: String?
    }

    private(set) var operations: [Operation] = []
    private(set) var outputs: [Output] = []
    private(set) var constants: [Constant] = []

    init(_ program: Program) {
        var references: [Reference] = []
        for node in program.nodes {
            switch node.source {
            case .input(let name), .parameter(let name), .buffer(let name): references.append(.name(name))
            case .constant(let value):
                let name = "constant \(constants.count + 1)"
                constants.append(Self.constant(name, value))
                references.append(.name(name))
            case .operation(let operation, let inputs):
                references.append(.result(operations.count))
                operations.append(
                    Operation(
                        op: operation.name, inputs: inputs.map { references[$0.index] },
                        attributes: node.attributes.mapValues(AttributeForm.init),
                        shape: node.type.shape))
            }
        }
        outputs = program.outputs.map { Output(name: $0.name, value: references[$0.id.index]) }
    }

    private static func constant(_ name: String, _ value: Value) -> Constant {
        switch value {
        case .float(let tensor): Constant(name: name, shape: tensor.shape, data: base64(floats: tensor.array))
        case .integer(let tensor): Constant(name: name, shape: tensor.shape, values: Array(tensor.values))
        }
    }
}

/// An attribute as it stands in JSON.
struct AttributeForm: Encodable {
    let attribute: OpAttribute

    init(_ attribute: OpAttribute) {
        self.attribute = attribute
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch attribute {
        case .integer(let value): try container.encode(value)
        case .real(let value): try container.encode(value)
        case .text(let value): try container.encode(value)
        case .integers(let values): try container.encode(values)
        case .reals(let values): try container.encode(values)
        }
    }
}
