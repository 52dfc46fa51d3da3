import NeuralGraphs
import TestSupport
import Testing

/// Graphs of many layers, where only the lowest eigenvectors are computed.
@Suite struct DeepGraphTests {
    /// Towers of linear layers that end in the same nodes.
    private func towers(_ count: Int, layers: Int) throws -> NeuralGraph {
        var builder = GraphBuilder()
        let end = builder.nodes("end", 3)
        for tower in 0..<count {
            var previous = builder.nodes("in \(tower)", 2)
            for layer in 0..<layers {
                let next = layer == layers - 1 ? end : builder.nodes("layer \(tower).\(layer)", 3 + layer % 2)
                builder.linear("w\(tower).\(layer)", previous, next)
                previous = next
            }
        }
        return try builder.graph()
    }

    private func largestDifference(_ graph: NeuralGraph) throws -> (difference: Float, columns: Int) {
        let sparse = try LaplacianPositionalEncoding(graph, denseLimit: 0)
        let dense = try LaplacianPositionalEncoding(graph, denseLimit: .max)
        let difference = zip(sparse.values, dense.values).reduce(0) { max($0, abs($1.0 - $1.1)) }
        return (
            difference,
            (0..<8).count { column in (0..<dense.nodeCount).contains { dense.values[$0 * 8 + column] != 0 } }
        )
    }

    /// float32 rounds a unit vector's entries to 1e-8; solvers agree to 1e-12 over the gap of the eigenvalues.
    @Test(arguments: [80, 200]) func lowestEigenvectorsAreThoseOfTheDenseSolver(layers: Int) throws {
        let (difference, columns) = try largestDifference(towers(1, layers: layers))
        #expect(columns == 8 && difference < 1e-6)
    }

    /// Towers of other depth have spectra of their own; nothing of one is missed beside the other.
    @Test func everyTowerIsSeen() throws {
        let graph = try towers(2, layers: 90)
        let (difference, columns) = try largestDifference(graph)
        #expect(columns == 8 && difference < 1e-6)
    }

    /// The refinement of cells by splitters gives what rounds over all cells give.
    @Test func deepPartitionIsThatOfSingleNodes() throws {
        let graph = try towers(2, layers: 12)
        #expect(EquitablePartition(graph) == EquitablePartition(EdgeList(graph)))
    }
}
