/// An architecture written down once: its modules in the order of its checkpoints, and how they are called.
///
/// The SDK reads it three times. *Describe* takes the modules in the order in which they were made: their tensors, the
/// groups that move them, how they are drawn. *Construct* and *trace* follow the calls of ``forward(_:)``: the first
/// joins the neurons a module reads to those it makes, the second writes down what it computes.
///
/// ```swift
/// struct Net: Architecture {
///     let modules = Modules()
///     let up, down: Linear
///
///     init(_ configuration: inout ConfigurationReader) throws {
///         let hidden = Axis(Group("hidden", size: try configuration.integer("width")))
///         up = Linear(modules / "up", from: 64, to: hidden)
///         down = Linear(modules / "down", from: hidden, to: 10)
///     }
///
///     func forward(_ net: Network) throws {
///         try net.classify(down(Activation.relu(up(net.pixels(channels: 1, size: 8).flattened()))))
///     }
/// }
/// ```
///
/// A type that writes `describe`, `construct` or `trace` itself has that reading by hand.
public protocol Architecture: NeuralGraphConstructor, ForwardPass {
    /// All modules, in the order of the checkpoints' tensors.
    var modules: Modules { get }

    /// Calls the modules, from the inputs to the logits. It runs once for the neural graph and once for every trace.
    func forward(_ net: Network) throws
}

extension Architecture {
    /// The tensors of all modules, and the groups of their axes.
    public func describe(_ model: ModelBuilder) throws {
        try modules.describe(model)
    }

    /// The neural graph that the calls of ``forward(_:)`` make.
    public func construct(_ graph: GraphBuilder) throws {
        let reading = GraphReading(graph)
        try forward(Network(reading: .graph(reading)))
        try reading.finish()
    }

    /// What the calls of ``forward(_:)`` compute.
    public func trace(_ forward: ForwardBuilder) throws {
        try self.forward(Network(reading: .trace(forward)))
    }
}
