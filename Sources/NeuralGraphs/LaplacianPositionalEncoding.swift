import Tensors

/// Orbit encoding: eigenvectors of the graph's normalized Laplacian that are constant on the cells of its coarsest
/// equitable partition, so that exchangeable neurons get the same numbers. Source: neural-graphs.md 8.1.
public struct LaplacianPositionalEncoding: Sendable, Equatable {
    /// Numbers per node.
    public static let width = 8

    /// Shape [nodes, 8], row-major; missing columns are zero.
    public let values: [Float]
    public var nodeCount: Int { values.count / Self.width }

    /// Of a graph in block form; the work depends on the number of blocks, not of edges.
    ///
    /// - Throws: `NeuralGraphError.eigenvectors` if the eigensolver fails.
    public init(_ graph: NeuralGraph) throws(NeuralGraphError) {
        try self.init(EquitablePartition(graph))
    }

    /// Of an edge list, node by node.
    public init(_ edges: EdgeList) throws(NeuralGraphError) {
        try self.init(EquitablePartition(edges))
    }

    private init(_ partition: EquitablePartition) throws(NeuralGraphError) {
        let columns = try QuotientSpectrum(partition).encodingColumns(atMost: Self.width)
        let rows = partition.sizes.indices.map { cell in
            (0..<Self.width).map { $0 < columns.count ? Float(columns[$0][cell]) : 0 }
        }
        values = partition.runs.flatMap { run in
            [[Float]](repeating: rows[run.cell], count: run.nodes.count).joined()
        }
    }
}
