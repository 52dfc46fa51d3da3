import Foundation

/// Names of a file without what wrappers of the model put into them, and the way back.
///
/// `torch.compile`, FSDP and activation checkpointing put a part before the names of what they wrap, anywhere in a
/// name; DistributedDataParallel, `AveragedModel`, Lightning and people's own classes put one before all names.
struct WrappedNames {
    /// What stands before all names of the model.
    let prefix: String
    /// Without prefix and parts.
    let names: Set<String>
    private let originals: [String: String]

    private static let parts = ["_orig_mod.", "_fsdp_wrapped_module.", "_checkpoint_wrapped_module."]
    /// Wrappers are wrapped a few times at most.
    private static let longestPrefix = 120

    /// - Parameters:
    ///   - names: in the file.
    ///   - known: names of the model.
    ///   - optional: beginnings of them that a file may leave out.
    init(_ names: [String], known: [String], optional: [String]) {
        let shortened = optional.flatMap { part in
            known.filter { $0.hasPrefix(part) }.map { String($0.dropFirst(part.count)) }
        }
        let hasParts = known.contains { name in Self.parts.contains { name.contains($0) } }
        let stripped = hasParts ? names : names.map { Self.strip($0) }
        let whole = Self.prefix(of: names, known: known, shortened: shortened)
        let inner = Self.prefix(of: stripped, known: known, shortened: shortened)
        let prefix = inner.count > whole.count ? inner.prefix : whole.prefix
        var originals: [String: String] = [:]
        for (name, original) in zip(inner.count > whole.count ? stripped : names, names) where name.hasPrefix(prefix) {
            let rest = String(name.dropFirst(prefix.count))
            originals[hasParts ? rest : Self.strip(rest)] = original
        }
        (self.prefix, self.originals) = (prefix, originals)
        self.names = Set(originals.keys)
    }

    /// The file's name of a tensor, whether it is there or not.
    func original(_ name: String) -> String { originals[name] ?? prefix + name }

    /// Takes the parts out of a name, but not from its beginning.
    private static func strip(_ name: String) -> String {
        parts.reduce(name) { $0.replacingOccurrences(of: "." + $1, with: ".") }
    }

    /// The beginning without which most names are the model's, empty if they are without taking any off; and how many
    /// then are.
    private static func prefix(
        of names: [String], known: [String], shortened: [String]
    ) -> (prefix: String, count: Int) {
        let knownSet = Set(known + shortened)
        var best = (prefix: "", count: names.count(where: knownSet.contains))
        guard best.count * 2 < known.count else { return best }
        var tried: Set<String> = [""]
        // Tensors at the model's end tell most: a name such as "weight" may stand anywhere.
        for name in known.suffix(16) + shortened.suffix(16) {
            for candidate in names where candidate.hasSuffix("." + name) {
                let prefix = String(candidate.dropLast(name.count))
                guard prefix.count <= longestPrefix, tried.count < 64, tried.insert(prefix).inserted else { continue }
                let count = names.count {
                    $0.hasPrefix(prefix) && knownSet.contains(String($0.dropFirst(prefix.count)))
                }
                if count > best.count { best = (prefix, count) }
            }
        }
        return best
    }
}
