import FoundationEssentials

/// A program as it stands in a file (docs/traced.md), all sizes as numbers.
///
/// Encode it with a `JSONEncoder`. Roles of tensors that a program does not know (tied names, what is ignored) stay
/// empty.
public struct ProgramDocument: Encodable, Sendable {
    public let modelType = "traced"
    public let format = 1
    public let name: String
    public let sizes: [Int] = []
    public let inputs: [Input]
    public let parameters: [Stored]
    public let buffers: [Stored]
    public let ignored: [Stored] = []
    public let tied: [Stored] = []
    public let constants: [Constant]
    public let operations: [Step]
    public let outputs: [Output]

    /// What each run is given.
    public struct Input: Encodable, Sendable {
        public let name: String
        public let type: String
        public let shape: [Int]
    }

    /// A parameter or buffer.
    public struct Stored: Encodable, Sendable {
        public let name: String
        public let shape: [Int]
    }

    /// Values that never change.
    public struct Constant: Encodable, Sendable {
        public let name: String
        public let shape: [Int]
        /// float32, little-endian, in base64.
        public let data: String
    }

    /// One operation.
    public struct Step: Encodable, Sendable {
        public let op: String
        public let inputs: [Reference]
        public let attributes: [String: OpAttribute]?
        public let shape: [Int]
    }

    /// A named result.
    public struct Output: Encodable, Sendable {
        public let name: String
        public let value: Reference
    }

    /// The result of an operation by its number, or an input, parameter, buffer or constant by its name.
    public enum Reference: Encodable, Sendable, Equatable {
        case operation(Int)
        case named(String)

        public func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .operation(let number): try container.encode(number)
            case .named(let name): try container.encode(name)
            }
        }
    }

    private enum CodingKeys: String, CodingKey {
        case modelType = "model_type"
        case format, name, sizes, inputs, parameters, buffers, ignored, tied, constants, operations, outputs
    }

    /// - Parameters:
    ///   - program: with operations of the op set; others are written by their name all the same.
    ///   - name: of the model, for people.
    public init(_ program: Program, name: String) {
        self.name = name
        func stored(_ names: [String]) -> [Stored] {
            names.compactMap { name in
                program.value(named: name).map { Stored(name: name, shape: program.nodes[$0.index].type.shape) }
            }
        }
        inputs = program.inputNames.compactMap { name in
            guard let type = program.value(named: name).map({ program.nodes[$0.index].type }) else { return nil }
            return Input(name: name, type: type.elementType.rawValue, shape: type.shape)
        }
        parameters = stored(program.parameterNames)
        buffers = stored(program.bufferNames)
        var constants: [Constant] = []
        var steps: [Step] = []
        var references: [Reference] = []
        for node in program.nodes {
            switch node.source {
            case .input(let name), .parameter(let name), .buffer(let name): references.append(.named(name))
            case .constant(let value):
                let name = "constant.\(constants.count)"
                constants.append(Constant(name: name, shape: value.type.shape, data: value.littleEndianFloats))
                references.append(.named(name))
            case .operation(let operation, let inputs):
                references.append(.operation(steps.count))
                steps.append(
                    Step(
                        op: operation.name, inputs: inputs.map { references[$0.index] },
                        attributes: node.attributes.isEmpty ? nil : node.attributes, shape: node.type.shape))
            }
        }
        (self.constants, operations) = (constants, steps)
        outputs = program.outputs.map { Output(name: $0.name, value: references[$0.id.index]) }
    }
}

extension OpAttribute: Encodable {
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .integer(let value): try container.encode(value)
        case .real(let value): try container.encode(value)
        case .text(let value): try container.encode(value)
        case .integers(let values): try container.encode(values)
        case .reals(let values): try container.encode(values)
        }
    }
}

extension Value {
    /// The elements as float32, little-endian, in base64.
    fileprivate var littleEndianFloats: String {
        let floats: [Float] =
            switch self {
            case .float(let tensor): tensor.array
            case .integer(let tensor): tensor.values.map(Float.init)
            }
        return floats.map { $0.bitPattern.littleEndian }.withUnsafeBytes { Data($0).base64EncodedString() }
    }
}
