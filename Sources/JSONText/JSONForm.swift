/// What a JSON text that people write may hold: the keys of its objects, and the names among its values.
///
/// A key that is none is refused: read over, it would change nothing, and nobody would know. Kinds of values are left
/// to `JSONText.decode`.
public indirect enum JSONForm: Sendable {
    case any
    /// Of these keys, each of which may be absent.
    case object([String: JSONForm])
    case list(JSONForm)
    /// A text that is right; `names` are those to suggest.
    case name(expected: String, names: [String], isRight: @Sendable (String) -> Bool)

    public static func oneOf(_ names: [String]) -> JSONForm {
        .name(expected: names.spoken, names: names) { names.contains($0) }
    }

    /// An object of these keys, whose values may be anything but for `forms`.
    public static func keys(_ keys: [String], _ forms: [String: JSONForm] = [:]) -> JSONForm {
        .object(Dictionary(keys.map { ($0, .any) }, uniquingKeysWith: { first, _ in first }).merging(forms) { $1 })
    }

    /// - Parameters:
    ///   - key: path of keys and positions that leads to the value.
    ///   - file: its name for messages.
    /// - Throws: `JSONError` naming the key.
    public func check(_ value: JSONValue, key: String = "", file: String) throws(JSONError) {
        switch (self, value) {
        case (.object(let forms), .object(let members)):
            for (name, member) in members.sorted(by: { $0.key < $1.key }) {
                let path = key.isEmpty ? name : "\(key).\(name)"
                guard let form = forms[name] else {
                    throw JSONError(file: file, .unknownKey(path, hint: Self.hint(name, forms.keys.sorted())))
                }
                try form.check(member, key: path, file: file)
            }
        case (.list(let form), .list(let items)):
            for (index, item) in items.enumerated() { try form.check(item, key: "\(key)[\(index)]", file: file) }
        case (.name(let expected, let names, let isRight), let value) where value != .null:
            if case .text(let text) = value {
                guard !isRight(text) else { return }
                let found = "\(value)" + Suggestion.question(about: text, among: names)
                throw JSONError(file: file, .form(key: key, expected: expected, found: found))
            }
            throw JSONError(file: file, .form(key: key, expected: expected, found: "\(value)"))
        default: break
        }
    }

    private static func hint(_ name: String, _ known: [String]) -> String {
        let question = Suggestion.question(about: name, among: known)
        return question.isEmpty ? "; known are \(known.joined(separator: ", "))" : question
    }
}
