import NeuralGraphs
import PluginHost
import Tensors

/// A neural graph made from the forward pass, without a constructor. Source: docs/derivation.md; conventions of
/// docs/neural-graphs.md.
public enum DerivedGraph {
    /// - Parameter derived: symmetries of the same model.
    /// - Throws: what tracing throws; `DerivationError` where the conventions have no place for what the model does.
    public static func graph(of model: Model, _ derived: DerivedSymmetries) throws -> NeuralGraph {
        // One trace is enough: sizes of batch and text belong to no parameter.
        return try graph(of: model.traces()[0], model.parameters, derived.symmetries)
    }

    public static func graph(of program: Program, _ parameters: ParameterList, _ symmetries: Symmetries) throws
        -> NeuralGraph
    {
        let neurons = NeuronPropagation(program)
        if let pin = neurons.table.misfit { throw DerivationError(message: "no neural graph can be derived: \(pin)") }
        var layout = DerivedGraphLayout(neurons, parameters, symmetries)
        layout.layDown()
        return try NeuralGraph(
            groups: symmetries.groups, parameters: parameters, nodeBlocks: layout.nodeBlocks,
            edgeBlocks: layout.edgeBlocks)
    }
}

/// Why a forward pass has no derived graph.
public struct DerivationError: Error, Equatable, Sendable, CustomStringConvertible {
    public let message: String

    public var description: String { message }
}

extension LabelTable {
    /// What did not fit, if anything: while telling neurons apart nothing else pins.
    fileprivate var misfit: Pin? { labels.lazy.compactMap(\.pin).first }
}
