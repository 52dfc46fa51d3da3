/// Short names for groups, by the tensor and axis where they are met first: `h.0.mlp.c_fc[1]`, and with a letter where
/// several groups share an axis, `layers.0.attention.query_key_value[0]b`.
struct GroupNames {
    /// What all names of tensors begin with.
    private let prefix: String

    init(_ tensors: [String]) {
        var common = tensors.first.map { $0.split(separator: ".").dropLast().map(String.init) } ?? []
        for tensor in tensors {
            let parts = tensor.split(separator: ".").dropLast().map(String.init)
            common = zip(common, parts).prefix { $0 == $1 }.map(\.0)
        }
        prefix = common.isEmpty ? "" : common.joined(separator: ".") + "."
    }

    /// - Parameter letter: counts the groups that are first met on an axis; nil where one group is all of it.
    func name(_ tensor: String, _ axis: Int, _ letter: Int?) -> String {
        let whole = tensor.hasSuffix(".weight") ? String(tensor.dropLast(".weight".count)) : tensor
        let rest = whole.hasPrefix(prefix) ? whole.dropFirst(prefix.count) : whole[...]
        // A number alone says too little.
        let short = rest.first?.isNumber ?? true ? whole : String(rest)
        return "\(short)[\(axis)]\(letter.map(Self.letters) ?? "")"
    }

    /// a … z, aa …
    private static func letters(_ number: Int) -> String {
        let letter = String(UnicodeScalar(UInt8(97 + number % 26)))
        return number < 26 ? letter : letters(number / 26 - 1) + letter
    }
}
