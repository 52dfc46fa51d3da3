import JSONText

/// The dictionary of tensors inside a pickled checkpoint.
///
/// It is the top level if that holds tensors only; else what lies under one of the usual keys (the first that is
/// there); else the only dictionary of tensors below it, however deep; else the tensors among the top level's values.
struct StateDict {
    /// In the order of the file; `part` says how a tensor that is one rank's was cut.
    let tensors: [(name: String, tensor: TorchTensor, part: TensorPart?)]
    /// Entries of the top level outside the state dict.
    let rest: [PlainValue.Entry]
    /// Keys of entries of the state dict that are not tensors, or whose key is not a name.
    let skipped: [String]
    /// Keys that lead to it, joined by dots; nil for the top level.
    let key: String?

    /// Usual names of the model's state among others.
    static let keys = ["model", "state_dict", "model_state_dict"]
    /// What is no model though it holds tensors.
    private static let otherKeys: Set<String> = [
        "optimizer", "optimizer_state_dict", "optimizers", "optim", "optimizer_states", "scheduler", "lr_scheduler",
        "lr_schedulers", "scaler", "callbacks", "loops", "rng_state", "ema", "model_ema",
    ]
    /// Dictionaries inside one another that are looked into.
    private static let deepest = 4

    /// - Throws: `noStateDict`, `unsupportedTensor`, `duplicateKey`.
    init(in top: PlainValue, file: String) throws(CheckpointError) {
        guard let entries = top.entries else { throw .noStateDict(file: file, found: top.kind) }
        let path = try StateDict.path(in: top, file: file)
        var dictionary = entries
        for key in path {
            // The last of several entries of one name counts; it may be no dictionary.
            guard let inner = PlainValue.dict(dictionary)[key]?.entries else {
                throw .duplicateKey(file: file, key: key)
            }
            dictionary = inner
        }
        let isNested = !path.isEmpty
        if let outer = path.first {
            rest = entries.filter { $0.key != .string(outer) }
        } else {
            rest = entries.filter { !$0.value.isTensor && TensorPart.parse($0.value) == nil }
        }
        let (tensors, skipped) = try StateDict.tensors(of: dictionary, isNested: isNested, file: file)
        guard !tensors.isEmpty else { throw .noStateDict(file: file, found: top.kind + " without tensors there") }
        self.tensors = tensors
        self.skipped = skipped
        key = isNested ? path.joined(separator: ".") : nil
    }

    /// A tensor that stands by itself.
    init(tensor value: PlainValue, named name: String, file: String) throws(CheckpointError) {
        guard case .tensor(let tensor) = value else { throw .noStateDict(file: file, found: value.kind) }
        (tensors, rest, skipped, key) = ([(name, tensor, nil)], [], [], nil)
    }

    private static func tensors(of dictionary: [PlainValue.Entry], isNested: Bool, file: String)
        throws(CheckpointError) -> ([(name: String, tensor: TorchTensor, part: TensorPart?)], skipped: [String])
    {
        var tensors: [(name: String, tensor: TorchTensor, part: TensorPart?)] = []
        var skipped: [String] = []
        var seen: Set<String> = []
        for entry in dictionary {
            guard let name = entry.key.string else {
                if isNested || entry.value.isTensor { skipped.append(entry.key.label) }
                continue
            }
            let found: (tensor: TorchTensor, part: TensorPart?)
            switch entry.value {
            case .tensor(let tensor): found = (tensor, nil)
            case .opaque(let global, _, _) where global.hasPrefix("torch.") && global.contains("_rebuild"):
                guard let (local, part) = TensorPart.parse(entry.value) else {
                    throw .unsupportedTensor(file: file, tensor: name, found: "one made by \(global)")
                }
                found = (local, part)
            default:
                if isNested { skipped.append(name) }
                continue
            }
            guard seen.insert(name).inserted else { throw .duplicateKey(file: file, key: name) }
            tensors.append((name, found.tensor, found.part))
        }
        return (tensors, skipped)
    }

    /// The keys that lead to the state dict.
    ///
    /// - Throws: `noStateDict` if it could be one of several.
    private static func path(in top: PlainValue, file: String) throws(CheckpointError) -> [String] {
        let entries = top.entries!
        if !entries.isEmpty && entries.allSatisfy({ isWeight($0.value) }) { return [] }
        if let key = keys.first(where: { top[$0]?.entries.map { holdsWeights($0) } == true }) {
            return [key]
        }
        if let key = keys.first(where: { top[$0]?.entries != nil }) {
            return [key] + (try deeper(in: top[key]!, file: file) ?? [])
        }
        if entries.contains(where: { isWeight($0.value) }) { return [] }
        return try deeper(in: top, file: file) ?? []
    }

    /// The only dictionary below that holds tensors, the usual keys first.
    private static func deeper(in value: PlainValue, file: String, depth: Int = 1) throws(CheckpointError) -> [String]?
    {
        guard depth < deepest, let entries = value.entries else { return nil }
        if let key = keys.first(where: { value[$0]?.entries.map { holdsWeights($0) } == true }) { return [key] }
        let named = entries.compactMap { entry in entry.key.string.map { ($0, entry.value) } }
            .filter { !otherKeys.contains($0.0) }
        let direct = named.filter { $0.1.entries.map { holdsWeights($0) } == true }
        guard direct.count <= 1 else {
            throw .noStateDict(
                file: file,
                found: "several dictionaries of tensors, under "
                    + direct.prefix(4).map { "'\($0.0.shown())'" }.joined(separator: ", "))
        }
        if let only = direct.first { return [only.0] }
        for (key, inner) in named {
            if let path = try deeper(in: inner, file: file, depth: depth + 1) { return [key] + path }
        }
        return nil
    }

    private static func holdsWeights(_ entries: [PlainValue.Entry]) -> Bool {
        entries.contains { isWeight($0.value) && $0.key.string != nil }
    }

    private static func isWeight(_ value: PlainValue) -> Bool {
        if value.isTensor { return true }
        guard case .opaque(let global, _, _) = value else { return false }
        return global.hasPrefix("torch.") && global.contains("_rebuild")
    }
}

extension PlainValue {
    var isTensor: Bool { if case .tensor = self { true } else { false } }

    /// A dictionary key, for messages.
    var label: String { string ?? jsonText ?? kind }
}
