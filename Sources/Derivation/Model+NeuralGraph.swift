import NeuralGraphs
import PluginHost

extension Model {
    /// True if its graph has to be derived: its plugin supplies a forward pass, but no constructor.
    public var isDerived: Bool { !architecture.hasNeuralGraph && architecture.hasForwardPass }

    /// The graph of the plugin's constructor, or one derived from its forward pass if it has none.
    /// - Throws: as `Model.constructedGraph()`, or as `DerivedGraph.graph(of:)`.
    public func neuralGraph() throws -> NeuralGraph {
        try isDerived ? DerivedGraph.graph(of: self, DerivedSymmetries(self)) : constructedGraph()
    }
}
