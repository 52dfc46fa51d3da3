import NinoPluginSDK

/// An attribute: a real number, a text, a size, or a list of sizes.
enum AttributeExpression: Decodable, Sendable {
    case size(SizeExpression)
    case list([SizeExpression])
    case real(Double)
    case text(String)

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let text = try? container.decode(String.self), !SizeExpression.isName(text) {
            self = .text(text)
        } else if let number = try? container.decode(Int.self) {
            self = .size(.number(number))
        } else if let number = try? container.decode(Double.self) {
            self = .real(number)
        } else if let size = try? container.decode(SizeExpression.self) {
            self = .size(size)
        } else {
            self = .list(try container.decode([SizeExpression].self))
        }
    }

    /// The sizes it is made of.
    var sizes: [SizeExpression] {
        switch self {
        case .size(let size): [size]
        case .list(let list): list
        case .real, .text: []
        }
    }

    /// As the host takes it.
    func attribute(_ sizes: [String: Int]) throws -> Attribute {
        switch self {
        case .size(let size): .integer(try size.value(sizes))
        case .list(let list): .integers(try list.map { try $0.value(sizes) })
        case .real(let number): .real(number)
        case .text(let text): .text(text)
        }
    }
}
