/// Which entries of a flattened training state are the model's, and what they are called there.
///
/// A state dict of state dicts, such as {model: …, optimizer: …}, is flattened to `model.fc.weight`,
/// `optimizer.state.…`; a plain one is left as it is.
struct ModelNames {
    /// Taken off all names.
    let prefix: String
    private let names: [String: String]

    subscript(key: String) -> String? { names[key] }

    /// - Parameter paths: of each key before it was flattened, {key: (outer, inner)}, where they are known.
    init(_ keys: [String], paths: PlainValue?) {
        var outer: [String: String] = [:]
        for entry in paths?.entries ?? [] {
            guard let key = entry.key.string, case .tuple(let path) = entry.value, path.count > 1 else { continue }
            outer[key] = path.first?.string
        }
        let isOptimizer = { (key: String) in
            ["optimizer.", "optim.", "optimizers.", "lr_scheduler.", "dataloader.", "train_state"].contains {
                key.hasPrefix($0)
            }
        }
        let model = StateDict.keys.first { wanted in outer.values.contains(wanted) }
        guard let model else {
            prefix = ""
            names = Dictionary(uniqueKeysWithValues: Set(keys).filter { !isOptimizer($0) }.map { ($0, $0) })
            return
        }
        let prefix = model + "."
        self.prefix = prefix
        names = Dictionary(
            uniqueKeysWithValues: Set(keys).filter { outer[$0] == model && $0.hasPrefix(prefix) }.map {
                ($0, String($0.dropFirst(prefix.count)))
            })
    }
}
