import NeuralGraphs
import Tensors
import TestSupport
import Testing

@Suite struct PositionalEncodingTests {
    private func multilayerPerceptron(_ widths: [Int]) throws -> NeuralGraph {
        var builder = GraphBuilder()
        var previous = builder.nodes("in", widths[0])
        for (layer, width) in widths.dropFirst().enumerated() {
            let bias = builder.nodes("bias \(layer)", 1), next = builder.nodes("layer \(layer)", width)
            builder.linear("w\(layer)", previous, next)
            builder.edges(
                builder.parameter("b\(layer)", [width]), .bias, bias, next, fromLevels: [(1, 0)], toLevels: [(width, 1)]
            )
            previous = next
        }
        return try builder.graph()
    }

    /// Reference values of neural-graphs.md 8.2, given to six decimals.
    @Test func smallPerceptronHasTheValuesOfTheText() throws {
        let encoding = try LaplacianPositionalEncoding(multilayerPerceptron([16, 12, 9, 5]))
        let expected: [Int: [Float]] = [
            0: [-0.104542, -0.048066, 0, 0, 0, 0, 0, 0], 30: [0.139367, 0.108966, 0, 0, 0, 0, 0, 0],
        ]
        for (node, row) in expected {
            for (column, value) in row.enumerated() { #expect(abs(encoding.values[node * 8 + column] - value) < 1e-6) }
        }
    }

    @Test(arguments: 1...30 as ClosedRange<UInt64>)
    func blocksGiveWhatSingleNodesGive(seed: UInt64) throws {
        let graph = try GraphBuilder.everyKind(seed: seed).graph()
        let edges = EdgeList(graph)
        #expect(EquitablePartition(graph) == EquitablePartition(edges))
        let (blocks, nodes) = (try LaplacianPositionalEncoding(graph), try LaplacianPositionalEncoding(edges))
        #expect(blocks == nodes)
        #expect(blocks.values.contains { $0 != 0 })
    }

    @Test(arguments: 1...10 as ClosedRange<UInt64>)
    func columnsAreUnitEigenvectorsOfTheWholeGraph(seed: UInt64) throws {
        let edges = EdgeList(try GraphBuilder.everyKind(seed: seed).graph())
        let encoding = try LaplacianPositionalEncoding(edges).values.map(Double.init)
        var neighbours = [Set<Int>](repeating: [], count: edges.nodeCount)
        for (s, t) in zip(edges.sources, edges.targets) where s != t {
            neighbours[s].insert(t)
            neighbours[t].insert(s)
        }
        var used = 0
        for column in 0..<8 {
            let x = (0..<edges.nodeCount).map { encoding[$0 * 8 + column] }
            let length = x.reduce(0) { $0 + $1 * $1 }
            guard length > 0 else { continue }
            used += 1
            // float32 rounding of the column bounds both.
            #expect(abs(length - 1) < 1e-6)
            let image = x.indices.map { v in
                x[v]
                    - neighbours[v].reduce(0) {
                        $0 + x[$1] / (Double(neighbours[v].count) * Double(neighbours[$1].count)).squareRoot()
                    }
            }
            let value = zip(x, image).reduce(0) { $0 + $1.0 * $1.1 }
            #expect(value > 1e-9 && value < 1)
            for (y, z) in zip(image, x) { #expect(abs(y - value * z) < 1e-6) }
            let largest = x.map(abs).max()!
            #expect(x.first { abs($0) >= largest * (1 - 1e-6) }! > 0)
        }
        #expect(used > 0)
    }

    @Test func exchangeableNodesHaveEqualRowsUntilAnEdgeIsMissing() throws {
        let graph = try multilayerPerceptron([4, 5, 3])
        let whole = EdgeList(graph)
        func rows(_ edges: EdgeList) throws -> [ArraySlice<Float>] {
            let values = try LaplacianPositionalEncoding(edges).values
            return graph.nodeBlocks[2].nodes.map { values[($0 * 8)..<($0 * 8 + 8)] }
        }
        #expect(Set(try rows(whole).map(Array.init)).count == 1)
        let rest = Array(1..<whole.count)
        let damaged = try EdgeList(
            nodeCount: whole.nodeCount, sources: rest.map { whole.sources[$0] },
            targets: rest.map { whole.targets[$0] },
            types: rest.map { whole.types[$0] }, parameterScalars: rest.map { whole.parameterScalars[$0] },
            slots: rest.map { whole.slots[$0] },
            parameterCount: graph.parameters.count)
        #expect(Set(try rows(damaged).map(Array.init)).count == 2)
    }

    @Test func repeatedEigenvaluesHaveABasisOfTheirOwn() throws {
        // Four rays of different lengths cannot be exchanged; two disjoint pairs of equal rays share eigenvalues across
        // cells.
        var builder = GraphBuilder()
        for component in 0..<3 {
            let a = builder.nodes("a\(component)", 2), b = builder.nodes("b\(component)", 3),
                c = builder.nodes("c\(component)", 1 + component)
            builder.linear("w\(component)", a, b)
            builder.linear("v\(component)", b, c)
        }
        let graph = try builder.graph()
        let encoding = try LaplacianPositionalEncoding(graph)
        // Eigenvalue 0 occurs once a component: the canonical basis singles out one component after the other.
        let nodeByNode = try LaplacianPositionalEncoding(EdgeList(graph))
        #expect(encoding == nodeByNode)
        let first = (0..<graph.nodeCount).map { encoding.values[$0 * 8] }
        let (zeros, positive) = (first.filter { $0 == 0 }.count, first.filter { $0 > 0 }.count)
        #expect(zeros > 0 && positive > 0 && zeros + positive == first.count)
    }
}
