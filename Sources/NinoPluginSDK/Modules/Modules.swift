/// The modules of a model, entered as they are made: their order is that of the checkpoint's tensors.
///
/// Filled while the model is made, and only read from then on.
public final class Modules: @unchecked Sendable {
    private var tensors: [DeclaredTensor] = []
    private var prefixes: [String] = []
    private var count = 0

    /// None yet.
    public init() {}

    /// Where a module of this name is declared.
    public static func / (modules: Modules, name: String) -> Path {
        Path(modules: modules, name: name)
    }

    /// Says that files may leave out this beginning of names, from all names that have it.
    public func optionalPrefix(_ prefix: String) {
        prefixes.append(prefix)
    }

    /// Enters a module.
    /// - Returns: its place in the order of declaration.
    func declare(_ tensors: DeclaredTensor...) -> Int {
        self.tensors += tensors
        count += 1
        return count - 1
    }

    func describe(_ model: ModelBuilder) throws {
        var known: Set<String> = []
        for tensor in tensors {
            for group in tensor.axes.flatMap(\.groups) where known.insert(group.name).inserted {
                try model.group(group)
            }
            try tensor.add(to: model)
        }
        for prefix in prefixes { try model.optionalPrefix(prefix) }
    }
}
