/// A C function's declaration as a plugin writes it: `void swiglu(const float *gate, const float *up, float *out,
/// int64_t n)`.
struct FunctionSignature: Sendable, Equatable {
    enum ArgumentType: String, Sendable {
        case input = "const float *"
        case output = "float *"
        case float = "float"
        case double = "double"
        case int32 = "int32_t"
        case int64 = "int64_t"
    }

    struct Argument: Sendable, Equatable, CustomStringConvertible {
        let type: ArgumentType
        let name: String

        var description: String { type.rawValue + (type.rawValue.hasSuffix("*") ? "" : " ") + name }
    }

    let name: String
    let arguments: [Argument]

    /// - Throws: a refusal with the first rule the text breaks.
    init(_ text: String) throws(Refusal) {
        var tokens = try SignatureTokens(text)
        try tokens.take("void", for: "the return type")
        name = try tokens.identifier(for: "the function's name")
        try tokens.take("(", for: "the arguments")
        var arguments: [Argument] = []
        repeat {
            arguments.append(try Self.argument(arguments.count + 1, from: &tokens))
        } while try tokens.takesComma(after: arguments.count)
        try tokens.end()
        guard Set(arguments.map(\.name)).count == arguments.count else {
            throw Refusal(
                "expected arguments of different names, found \(arguments.map(\.name).joined(separator: ", "))")
        }
        self.arguments = arguments
    }

    private static func argument(_ number: Int, from tokens: inout SignatureTokens) throws(Refusal) -> Argument {
        let type: ArgumentType
        switch tokens.next() {
        case "const":
            try tokens.take("float", for: "argument \(number)")
            try tokens.take("*", for: "argument \(number)")
            type = .input
        case "float": type = tokens.takes("*") ? .output : .float
        case "double": type = .double
        case "int32_t": type = .int32
        case "int64_t": type = .int64
        case let other:
            throw Refusal(
                "argument \(number): expected the type const float *, float *, float, double, int32_t or int64_t, "
                    + "found \(other.map { "\"\($0)\"" } ?? "the end")"
            )
        }
        return Argument(type: type, name: try tokens.identifier(for: "argument \(number)"))
    }
}

/// The words and marks of a signature, read once from the front.
private struct SignatureTokens {
    private static let reserved: Set<String> = ["const", "void", "float", "double", "int32_t", "int64_t"]
    private var tokens: [String] = []
    private var position = 0

    init(_ text: String) throws(Refusal) {
        var isInWord = false
        for character in text {
            let isWord = character.isASCII && (character.isLetter || character.isNumber || character == "_")
            if isWord, isInWord {
                tokens[tokens.count - 1].append(character)
            } else if isWord || "(),*".contains(character) {
                tokens.append(String(character))
            } else if character != " " {
                throw Refusal("expected words, spaces and ( ) , *, found \"\(character)\"")
            }
            isInWord = isWord
        }
    }

    private var peek: String? { position < tokens.count ? tokens[position] : nil }
    private var found: String { peek.map { "\"\($0)\"" } ?? "the end" }

    mutating func next() -> String? {
        defer { position += 1 }
        return peek
    }

    mutating func takes(_ token: String) -> Bool {
        guard peek == token else { return false }
        position += 1
        return true
    }

    mutating func take(_ token: String, for what: String) throws(Refusal) {
        guard takes(token) else { throw Refusal("\(what): expected \"\(token)\", found \(found)") }
    }

    mutating func identifier(for what: String) throws(Refusal) -> String {
        guard let word = peek, let first = word.first, first.isLetter || first == "_", !Self.reserved.contains(word)
        else {
            throw Refusal("\(what): expected a name, found \(found)")
        }
        position += 1
        return word
    }

    /// True at a comma, false at the closing parenthesis.
    mutating func takesComma(after argument: Int) throws(Refusal) -> Bool {
        if takes(",") { return true }
        guard takes(")") else { throw Refusal("after argument \(argument): expected \",\" or \")\", found \(found)") }
        return false
    }

    func end() throws(Refusal) {
        guard peek == nil else { throw Refusal("after the arguments: expected the end, found \(found)") }
    }
}
