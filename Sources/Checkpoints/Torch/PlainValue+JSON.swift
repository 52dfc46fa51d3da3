import JSONText

extension PlainValue {
    /// This value as JSON text; nil if it holds what JSON cannot say: tensors, bytes, keys that are neither strings nor
    /// numbers.
    ///
    /// Numbers that are not finite become the strings "NaN", "Infinity" and "-Infinity". An object of an unknown class
    /// becomes its attributes if it was made without arguments (`argparse.Namespace`), its text if it was made of one
    /// string, else an object with the keys `type`, `arguments` and `state`. A class by itself becomes its name.
    public var jsonText: String? {
        switch self {
        case .none: "null"
        case .bool(let value): value ? "true" : "false"
        case .int(let value): "\(value)"
        case .float(let value): PlainValue.json(value)
        case .string(let value): jsonQuoted(value)
        case .list(let values), .tuple(let values), .set(let values): PlainValue.json(values)
        case .dict(let entries), .orderedDict(let entries): PlainValue.json(entries)
        case .bytes, .tensor: nil
        case .opaque(let name, let arguments, let state): PlainValue.json(name, arguments, state)
        }
    }

    private static func json(_ name: String, _ arguments: [PlainValue], _ state: PlainValue) -> String? {
        let isPlain = state == .none || state == .dict([])
        // A class or a constant such as `torch.bfloat16`.
        if arguments.isEmpty, state == .none { return jsonQuoted(name) }
        if arguments.isEmpty, state.entries != nil { return state.jsonText }
        // Kinds of string, decimals, unique identifiers.
        if arguments.count == 1, let text = arguments[0].string, isPlain { return jsonQuoted(text) }
        guard let arguments = json(arguments), let state = state.jsonText else { return nil }
        return "{\"type\": \(jsonQuoted(name)), \"arguments\": \(arguments), \"state\": \(state)}"
    }

    private static func json(_ value: Double) -> String {
        if value.isNaN { return "\"NaN\"" }
        return value.isInfinite ? (value < 0 ? "\"-Infinity\"" : "\"Infinity\"") : "\(value)"
    }

    private static func json(_ values: [PlainValue]) -> String? {
        let texts = values.compactMap(\.jsonText)
        return texts.count == values.count ? "[" + texts.joined(separator: ", ") + "]" : nil
    }

    private static func json(_ entries: [Entry]) -> String? {
        let texts = entries.compactMap { entry -> String? in
            guard let value = entry.value.jsonText else { return nil }
            switch entry.key {
            case .string(let key): return "\(jsonQuoted(key)): \(value)"
            case .int(let key): return "\"\(key)\": \(value)"
            case .bool(let key): return "\"\(key)\": \(value)"
            default: return nil
            }
        }
        return texts.count == entries.count ? "{" + texts.joined(separator: ", ") + "}" : nil
    }
}

extension [PlainValue.Entry] {
    /// The entries that JSON can say, under their keys.
    var jsonTexts: [String: String] {
        reduce(into: [:]) { texts, entry in
            if let key = entry.key.string { texts[key] = entry.value.jsonText }
        }
    }
}
