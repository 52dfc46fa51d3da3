import NinoPluginSDK

/// A program as its file gives it, checked as a whole.
struct TracedProgram: Decodable, Sendable {
    /// A size that is open.
    struct OpenSize: Decodable, Sendable {
        let name: String
        let least, most: Int?
    }

    struct Input: Decodable, Sendable {
        let name: String
        let type: ElementType
        let shape: [SizeExpression]
        let optional: Bool?
    }

    enum ElementType: String, Decodable, Sendable {
        case float32, int64

        var code: nino_element_type_t { self == .int64 ? NINO_INT64 : NINO_FLOAT32 }
    }

    /// A parameter, a buffer, or a tensor that the program does not read.
    struct Stored: Decodable, Sendable {
        let name: String
        let shape: [Int]
        let initialization: InitializationRule?

        var rule: Initialization { initialization?.rule ?? .constant(0) }
    }

    struct InitializationRule: Decodable, Sendable {
        enum Kind: String, Decodable { case constant, uniform, normal, truncatedNormal }
        let kind: Kind
        let a: Double
        let b: Double?

        var rule: Initialization {
            switch kind {
            case .constant: .constant(a)
            case .uniform: .uniform(a, b ?? a)
            case .normal: .normal(mean: a, standardDeviation: b ?? 0)
            case .truncatedNormal: .truncatedNormal(mean: a, standardDeviation: b ?? 0)
            }
        }
    }

    struct Tie: Decodable, Sendable {
        let name, to: String
    }

    /// The result of an operation by its number, or anything else by its name.
    enum Reference: Decodable, Sendable {
        case operation(Int)
        case named(String)

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let number = try? container.decode(Int.self) {
                self = .operation(number)
            } else {
                self = .named(try container.decode(String.self))
            }
        }
    }

    struct Operation: Decodable, Sendable {
        let op: String
        let inputs: [Reference]
        let attributes: [String: AttributeExpression]?
        let shape: [SizeExpression]?
        let module: String?
    }

    struct Output: Decodable, Sendable {
        let name: String
        let value: Reference
    }

    let format: Int
    let name: String?
    let sizes: [OpenSize]
    let inputs: [Input]
    let parameters: [Stored]
    let buffers: [Stored]
    let ignored: [Stored]
    let tied: [Tie]
    var constants: [TracedConstant]
    /// A safetensors file beside the program, with the constants that have no values here.
    let constantsFile: String?
    let operations: [Operation]
    let outputs: [Output]

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case format, name, sizes, inputs, parameters, buffers, ignored, tied, constants, operations, outputs
        case constantsFile = "constants_file"
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func list<Element: Decodable>(_ key: CodingKeys) throws -> [Element] {
            try container.decodeIfPresent([Element].self, forKey: key) ?? []
        }
        format = try container.decode(Int.self, forKey: .format)
        name = try container.decodeIfPresent(String.self, forKey: .name)
        (sizes, inputs, parameters, buffers) = try (list(.sizes), list(.inputs), list(.parameters), list(.buffers))
        (ignored, tied, constants) = try (list(.ignored), list(.tied), list(.constants))
        constantsFile = try container.decodeIfPresent(String.self, forKey: .constantsFile)
        (operations, outputs) = try (list(.operations), list(.outputs))
    }

    /// Reads a config and checks all that can be checked without sizes.
    init(_ configuration: ConfigurationReader) throws {
        let known = Set(CodingKeys.allCases.map(\.rawValue))
        let others: Set = ["model_type", "producer", "placeholders"]
        if let stranger = configuration.keys.first(where: { !known.contains($0) && !others.contains($0) }) {
            throw PluginError.invalid("key \"\(stranger)\": not a key of a traced program (docs/traced.md)")
        }
        self = try configuration.decode(TracedProgram.self)
        if let file = constantsFile {
            for index in constants.indices where constants[index].isElsewhere {
                try constants[index].fill(configuration.tensor(constants[index].name, in: file), from: file)
            }
        }
        try check()
    }
}
