/// A constant that configures an operation.
public enum OpAttribute: Sendable, Equatable {
    case integer(Int)
    case real(Double)
    case text(String)
    case integers([Int])
    case reals([Double])

    /// Its name in messages.
    public var typeName: String {
        switch self {
        case .integer: "integer"
        case .real: "real"
        case .text: "text"
        case .integers: "integers"
        case .reals: "reals"
        }
    }
}

/// The attributes of one operation as they came from outside, read with a check of each.
struct OperationAttributes {
    let operation: String
    let values: [String: OpAttribute]

    private func get(_ name: String, expected: String) throws(TensorError) -> OpAttribute? {
        guard let value = values[name] else { return nil }
        guard value.typeName == expected else {
            throw .attributeType(operation: operation, name: name, expected: expected, found: value.typeName)
        }
        return value
    }

    func integer(_ name: String, default fallback: Int? = nil, in range: ClosedRange<Int> = 0...Int(Int32.max))
        throws(TensorError) -> Int
    {
        guard case .integer(let value)? = try get(name, expected: "integer") else {
            guard let fallback else { throw .missingAttribute(operation: operation, name: name) }
            return fallback
        }
        guard range.contains(value) else {
            throw .attributeValue(
                operation: operation, name: name, expected: "\(range.lowerBound)...\(range.upperBound)",
                found: "\(value)")
        }
        return value
    }

    /// 0 or 1.
    func flag(_ name: String, default fallback: Bool) throws(TensorError) -> Bool {
        try integer(name, default: fallback ? 1 : 0, in: 0...1) == 1
    }

    /// A finite number; a whole one may come as an integer.
    func real(_ name: String, default fallback: Double? = nil) throws(TensorError) -> Double {
        if case .integer(let whole)? = values[name] { return Double(whole) }
        guard case .real(let value)? = try get(name, expected: "real") else {
            guard let fallback else { throw .missingAttribute(operation: operation, name: name) }
            return fallback
        }
        guard value.isFinite else {
            throw .attributeValue(operation: operation, name: name, expected: "a finite number", found: "\(value)")
        }
        return value
    }

    func text(_ name: String, default fallback: String, allowed: [String]) throws(TensorError) -> String {
        guard case .text(let value)? = try get(name, expected: "text") else { return fallback }
        guard allowed.contains(value) else {
            throw .attributeValue(operation: operation, name: name, expected: "one of \(allowed)", found: value)
        }
        return value
    }

    /// One of the cases of a type, by its raw value.
    func choice<Choice: RawRepresentable<String> & CaseIterable>(_ name: String) throws(TensorError) -> Choice {
        guard case .text(let value)? = try get(name, expected: "text") else {
            throw .missingAttribute(operation: operation, name: name)
        }
        guard let choice = Choice(rawValue: value) else {
            let allowed = Choice.allCases.map(\.rawValue)
            throw .attributeValue(operation: operation, name: name, expected: "one of \(allowed)", found: value)
        }
        return choice
    }

    func integers(_ name: String) throws(TensorError) -> [Int] {
        guard case .integers(let value)? = try get(name, expected: "integers") else {
            throw .missingAttribute(operation: operation, name: name)
        }
        return value
    }

    /// One integer for every place, or one for each; `counts` are the lengths allowed.
    func integers(_ name: String, default fallback: Int?, counts: [Int], in range: ClosedRange<Int>) throws(TensorError)
        -> [Int]
    {
        let found: [Int]
        switch values[name] {
        case .integer(let value): found = Array(repeating: value, count: counts[0])
        case .integers(let value): found = value
        case .some(let value):
            throw .attributeType(
                operation: operation, name: name, expected: "integer or integers", found: value.typeName)
        case nil:
            guard let fallback else { throw .missingAttribute(operation: operation, name: name) }
            found = Array(repeating: fallback, count: counts[0])
        }
        guard counts.contains(found.count), found.allSatisfy(range.contains) else {
            let lengths = counts.map(String.init).joined(separator: " or ")
            throw .attributeValue(
                operation: operation, name: name,
                expected: "\(lengths) integers in \(range.lowerBound)...\(range.upperBound)", found: "\(found)")
        }
        return found
    }
}
