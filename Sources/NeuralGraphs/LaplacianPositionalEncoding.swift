import Tensors

/// Orbit encoding: eigenvectors of the graph's normalized Laplacian that are constant on the cells of its coarsest
/// equitable partition, so that exchangeable neurons get the same numbers. Source: neural-graphs.md 8.1.
public struct LaplacianPositionalEncoding: Sendable, Equatable {
    /// Numbers per node.
    public static let width = 8

    /// Shape [nodes, 8], row-major; missing columns are zero.
    public let values: [Float]
    public var nodeCount: Int { values.count / Self.width }

    /// Above this many nodes (4 GiB of numbers) a graph is taken for an error: the largest models have a million.
    public static let mostNodes = 1 << 27

    /// Of a graph in block form; the work depends on the number of blocks, not of edges.
    ///
    /// - Throws: `NeuralGraphError.eigenvectors` if the eigensolver fails, `encodingNodes`.
    public init(_ graph: NeuralGraph) throws(NeuralGraphError) {
        try self.init(EquitablePartition(graph))
    }

    /// Of an edge list, node by node.
    public init(_ edges: EdgeList) throws(NeuralGraphError) {
        try self.init(EquitablePartition(edges))
    }

    /// - Parameter denseLimit: cells up to which a dense eigensolver is used.
    package init(_ graph: NeuralGraph, denseLimit: Int) throws(NeuralGraphError) {
        try self.init(EquitablePartition(graph), denseLimit: denseLimit)
    }

    private init(_ partition: EquitablePartition, denseLimit: Int = QuotientSpectrum.denseLimit)
        throws(NeuralGraphError)
    {
        let nodes = partition.sizes.reduce(0, +)
        guard nodes <= Self.mostNodes else { throw .encodingNodes(expectedAtMost: Self.mostNodes, found: nodes) }
        // One more than the columns: the first eigenvector is constant and says nothing.
        let spectrum = try QuotientSpectrum(partition, lowest: Self.width + 1, denseLimit: denseLimit)
        let columns = spectrum.encodingColumns(atMost: Self.width)
        let rows = partition.sizes.indices.map { cell in
            (0..<Self.width).map { $0 < columns.count ? Float(columns[$0][cell]) : 0 }
        }
        var values: [Float] = []
        values.reserveCapacity(nodes * Self.width)
        for run in partition.runs {
            for _ in run.nodes { values += rows[run.cell] }
        }
        self.values = values
    }
}
