/// How one checkpoint names the tensors of a model.
///
/// Files of the same model may leave out a prefix ("transformer.h.0…" or "h.0…"); the plugin says which. A file leaves a prefix out
/// from all names or from none.
extension Model {
    /// The name in a file of every tensor that a checkpoint of this model must or may hold, by its name in the model; whether the
    /// file has it or not.
    /// - Parameters:
    ///   - file: for messages.
    ///   - names: all names in the file.
    /// - Throws: `contradictingNames` if some names have a prefix and others lack it.
    public func fileNames(in file: String, holding names: some Sequence<String>) throws(PluginHostError) -> [String: String] {
        let held = Set(names)
        let known = description.names
        var map = Dictionary(uniqueKeysWithValues: known.map { ($0, $0) })
        for prefix in description.prefixes {
            let prefixed = known.filter { $0.hasPrefix(prefix) }
            let with = prefixed.first(where: held.contains)
            let without = prefixed.first { held.contains(String($0.dropFirst(prefix.count))) && map[String($0.dropFirst(prefix.count))] == nil }
            guard let without else { continue }
            if let with {
                throw .contradictingNames(file: file, prefix: prefix, with: with, without: String(without.dropFirst(prefix.count)))
            }
            for name in prefixed { map[name] = String(name.dropFirst(prefix.count)) }
        }
        return map
    }
}
