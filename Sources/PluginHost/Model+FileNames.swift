/// How one checkpoint names the tensors of a model.
///
/// Files of the same model may leave out a prefix ("transformer.h.0…" or "h.0…"); the plugin says which. A file leaves
/// a prefix out from all names or from none. What PyTorch puts before every name of a compiled or distributed model is
/// known for all models, and so are names of other releases of libraries (`ReleaseNames`).
extension Model {
    /// The name in a file of every tensor that a checkpoint of this model must or may hold, by its name in the model;
    /// whether the file has it or not.
    /// - Parameters:
    ///   - file: for messages.
    ///   - names: all names in the file.
    /// - Throws: `contradictingNames` if some names have a prefix and others lack it.
    public func fileNames(in file: String, holding names: some Sequence<String>) throws(PluginHostError) -> [String:
        String]
    {
        let wrapped = WrappedNames(
            Array(names), known: description.names, optional: description.prefixes)
        let (wrapper, held) = (wrapped.prefix, wrapped.names)
        let known = description.names
        var map = Dictionary(uniqueKeysWithValues: known.map { ($0, $0) })
        for prefix in description.prefixes {
            let prefixed = known.filter { $0.hasPrefix(prefix) }
            let with = prefixed.first(where: held.contains)
            let without = prefixed.first {
                held.contains(String($0.dropFirst(prefix.count))) && map[String($0.dropFirst(prefix.count))] == nil
            }
            guard let without else { continue }
            if let with {
                throw .contradictingNames(
                    file: file, prefix: prefix, with: wrapper + with,
                    without: wrapper + without.dropFirst(prefix.count))
            }
            for name in prefixed { map[name] = String(name.dropFirst(prefix.count)) }
        }
        return map.mapValues { name in
            guard !held.contains(name), let other = ReleaseNames.of(name).first(where: held.contains) else {
                return wrapped.original(name)
            }
            return wrapped.original(other)
        }
    }
}
