/// What an architecture is: the configs it recognizes, its tensors and the permutation groups that act on them.
///
/// ``Architecture`` gives the tensors, the neural graph and the forward pass from one declaration. By hand they are
/// written as ``describe(_:)``, as a ``NeuralGraphConstructor`` and as a ``ForwardPass``; the last two are optional.
/// One instance is one model: the architecture with one config.
public protocol ArchitectureDescriptor: Sendable {
    /// Reverse-domain name, unique among plugins.
    static var id: String { get }
    /// For people.
    static var name: String { get }
    /// The plugin's own version.
    static var version: String { get }
    /// The oldest nino this works with, as `1.2.0`, because it asks for an op that came with it; nil for any.
    static var minimumHost: String? { get }
    /// The values of `model_type` this architecture recognizes.
    static var modelTypes: [String] { get }
    /// Small configs as JSON, on which the host proves the claims; every feature of the architecture in at least one.
    static var sampleConfigurations: [String] { get }

    /// How sure this architecture is that the config is its own, 0 … 100; by default 100 if `model_type` is one of
    /// `modelTypes`.
    static func score(_ configuration: ConfigurationReader) -> Int

    /// Reads and validates a config.
    /// - Throws: `PluginError.invalid` naming key, value and what is allowed.
    init(_ configuration: inout ConfigurationReader) throws

    /// Adds groups and tensors, parameters in `named_parameters()` order.
    func describe(_ model: ModelBuilder) throws
}

extension ArchitectureDescriptor {
    /// Any.
    public static var minimumHost: String? { nil }

    /// None: `nino verify` then needs a `--config`.
    public static var sampleConfigurations: [String] { [] }

    /// 100 if `model_type` is one of `modelTypes`, else 0.
    public static func score(_ configuration: ConfigurationReader) -> Int {
        configuration.modelType.map(modelTypes.contains) == true ? 100 : 0
    }
}

/// An architecture that knows its neural graph.
public protocol NeuralGraphConstructor: ArchitectureDescriptor {
    /// Adds node blocks and edge blocks. Every scalar of every parameter lies on at least one edge.
    func construct(_ graph: GraphBuilder) throws
}

/// An architecture that knows its forward pass.
public protocol ForwardPass: ArchitectureDescriptor {
    /// Traces logits, and the loss when labels are given.
    func trace(_ forward: ForwardBuilder) throws
}
