import NinoPluginSDK

/// A whole number, the name of an open size, or a formula of both in prefix form.
indirect enum SizeExpression: Decodable, Sendable {
    case number(Int)
    case name(String)
    case formula(Operator, [SizeExpression])

    enum Operator: String, Decodable, Sendable {
        case add = "+", multiply = "*", divide = "//", remainder = "%", largest = "max", smallest = "min"
    }

    static func isName(_ text: String) -> Bool {
        let isCapital = { (byte: UInt8) in (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) }
        let isDigit = { (byte: UInt8) in (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
        return text.utf8.first.map(isCapital) == true && text.utf8.allSatisfy { isCapital($0) || isDigit($0) }
    }

    init(from decoder: any Decoder) throws {
        if let container = try? decoder.singleValueContainer(), let number = try? container.decode(Int.self) {
            self = .number(number)
        } else if let container = try? decoder.singleValueContainer(), let text = try? container.decode(String.self) {
            guard Self.isName(text) else {
                throw PluginError.invalid("a size: expected a number, a name or a formula, found \"\(text)\"")
            }
            self = .name(text)
        } else {
            var list = try decoder.unkeyedContainer()
            let sign = try list.decode(Operator.self)
            var arguments: [SizeExpression] = []
            while !list.isAtEnd { arguments.append(try list.decode(SizeExpression.self)) }
            guard !arguments.isEmpty, sign != .divide && sign != .remainder || arguments.count == 2 else {
                throw PluginError.invalid("a size: \"\(sign.rawValue)\": found \(arguments.count) arguments")
            }
            self = .formula(sign, arguments)
        }
    }

    /// Names of the sizes in it.
    var names: [String] {
        switch self {
        case .number: []
        case .name(let name): [name]
        case .formula(_, let arguments): arguments.flatMap(\.names)
        }
    }

    /// The number for these sizes.
    /// - Throws: `PluginError.invalid` for a size that is not given, an overflow or a division by 0.
    func value(_ sizes: [String: Int]) throws -> Int {
        switch self {
        case .number(let number): return number
        case .name(let name):
            guard let size = sizes[name] else {
                throw PluginError.invalid("size \"\(name)\": no input tells it")
            }
            return size
        case .formula(let sign, let arguments):
            let values = try arguments.map { try $0.value(sizes) }
            return try values.dropFirst().reduce(values[0]) { try Self.combine(sign, $0, $1) }
        }
    }

    private static func combine(_ sign: Operator, _ a: Int, _ b: Int) throws -> Int {
        let (value, overflow): (Int, Bool) =
            switch sign {
            case .add: a.addingReportingOverflow(b)
            case .multiply: a.multipliedReportingOverflow(by: b)
            case .divide, .remainder: b == 0 ? (0, true) : floored(sign, a, b)
            case .largest: (max(a, b), false)
            case .smallest: (min(a, b), false)
            }
        guard !overflow else { throw PluginError.invalid("a size: \(a) \(sign.rawValue) \(b) has no value") }
        return value
    }

    /// Rounded down, the remainder of the divisor's sign.
    private static func floored(_ sign: Operator, _ a: Int, _ b: Int) -> (Int, Bool) {
        let (quotient, overflow) = a.dividedReportingOverflow(by: b)
        guard !overflow else { return (0, true) }
        let rest = a - quotient * b
        let isBelow = rest != 0 && (rest < 0) != (b < 0)
        return (sign == .divide ? (isBelow ? quotient - 1 : quotient) : (isBelow ? rest + b : rest), false)
    }
}
