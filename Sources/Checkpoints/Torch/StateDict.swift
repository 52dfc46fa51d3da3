/// The dictionary of tensors inside a pickled checkpoint.
///
/// It is the top level if that holds tensors only; else what lies under `model`, `state_dict` or `model_state_dict`
/// (the first
/// that is there); else the tensors among the top level's values.
struct StateDict {
    let tensors: [(name: String, tensor: TorchTensor)]
    /// Entries of the top level outside the state dict.
    let rest: [PlainValue.Entry]
    /// Keys of entries of the state dict that are not tensors, or whose key is not a name.
    let skipped: [String]

    private static let keys = ["model", "state_dict", "model_state_dict"]

    /// - Throws: `noStateDict`, `unsupportedTensor`, `duplicateKey`.
    init(in top: PlainValue, file: String) throws(CheckpointError) {
        guard let entries = top.entries else { throw .noStateDict(file: file, found: top.kind) }
        let allTensors = !entries.isEmpty && entries.allSatisfy { $0.value.isTensor }
        var dictionary = entries
        var rest: [PlainValue.Entry] = []
        var nested = false
        if !allTensors, let key = StateDict.keys.first(where: { top[$0]?.entries != nil }) {
            nested = true
            dictionary = top[key]!.entries!
            rest = entries.filter { $0.key != .string(key) }
        } else if !allTensors {
            rest = entries.filter { !$0.value.isTensor }
        }
        var tensors: [(name: String, tensor: TorchTensor)] = []
        var skipped: [String] = []
        var seen: Set<String> = []
        for entry in dictionary {
            guard let name = entry.key.string else {
                if nested || entry.value.isTensor { skipped.append(entry.key.label) }
                continue
            }
            switch entry.value {
            case .tensor(let tensor):
                guard seen.insert(name).inserted else { throw .duplicateKey(file: file, key: name) }
                tensors.append((name, tensor))
            case .opaque(let global, _, _) where global.hasPrefix("torch.") && global.contains("_rebuild"):
                throw .unsupportedTensor(file: file, tensor: name, found: "one made by \(global)")
            default: if nested { skipped.append(name) }
            }
        }
        guard !tensors.isEmpty else { throw .noStateDict(file: file, found: top.kind + " without tensors there") }
        self.tensors = tensors
        self.rest = rest
        self.skipped = skipped
    }
}

extension PlainValue {
    var isTensor: Bool { if case .tensor = self { true } else { false } }

    /// A dictionary key, for messages.
    var label: String { string ?? jsonText ?? kind }
}
