import NeuralGraphs
import TestSupport
import Testing

/// Each rule has a graph that breaks it and nothing else.
@Suite struct ValidationTests {
    private var builder: GraphBuilder

    /// Two inputs, three outputs, a bias.
    init() {
        builder = GraphBuilder()
        let a = builder.nodes("a", 2), b = builder.nodes("b", 3)
        builder.linear("w", a, b)
        builder.vector("bias", .bias, b)
    }

    private func expect(_ error: NeuralGraphError, _ change: (inout GraphBuilder) -> Void) {
        #expect(throws: Never.self) { try builder.graph() }
        var changed = builder
        change(&changed)
        #expect(throws: error) { try changed.graph() }
        #expect(!error.description.contains("NeuralGraphError"))
    }

    private func rule(
        parameter: Int = 0, offset: Int = 0, from: [(Int, Int)] = [(2, 1)], to: [(Int, Int)] = [(3, 2)], slots: Int = 1
    ) -> EdgeValues {
        let levels = { (pairs: [(Int, Int)]) in pairs.map { IndexLevel(extent: $0.0, stride: $0.1) } }
        return .parameter(
            AddressRule(parameter: parameter, offset: offset, from: levels(from), to: levels(to), slots: slots))
    }

    private func block(
        type: EdgeType = .linear, topology: Topology = .allPairs, from: Int = 0, to: Int = 1, reversed: Bool = false,
        _ values: EdgeValues
    ) -> EdgeBlock {
        EdgeBlock(name: "x", type: type, topology: topology, from: from, to: to, reversed: reversed, values: values)
    }

    @Test func parameterNamesAndShapes() {
        #expect(throws: NeuralGraphError.duplicateParameter(name: "w")) {
            try ParameterList(checking: [("w", [1]), ("w", [2])])
        }
        for shape in [[0], [2, -1], [Int.max, 2]] {
            #expect(throws: NeuralGraphError.parameterShape(name: "w", found: shape)) {
                try ParameterList(checking: [("w", shape)])
            }
        }
        #expect(throws: NeuralGraphError.parameterShape(name: "v", found: [1])) {
            try ParameterList(checking: [("w", [Int.max]), ("v", [1])])
        }
        let list = ParameterList([("w", [2, 3]), ("b", [3])])
        #expect(list.entry(containing: 5)?.name == "w" && list.entry(containing: 6)?.name == "b")
        #expect(list.entry(containing: 9) == nil && list.entry(containing: -1) == nil)
    }

    @Test func groups() {
        expect(.groupSize(name: "g", found: 0)) { $0.groups = [PermutationGroup(name: "g", size: 0)] }
        expect(.duplicateGroup(name: "g")) {
            $0.groups = [PermutationGroup(name: "g", size: 1), PermutationGroup(name: "g", size: 2)]
        }
        expect(.groupDependency(name: "g", expectedBelow: 0, found: 0)) {
            $0.groups = [PermutationGroup(name: "g", size: 2, dependsOn: [0])]
        }
    }

    @Test func nodeBlocks() {
        func replace(_ index: Int, first: Int, count: Int, axis: Axis? = nil) -> (inout GraphBuilder) -> Void {
            { $0.nodeBlocks[index] = NodeBlock(name: "x", first: first, count: count, axis: axis) }
        }
        expect(.noNodes) { $0.nodeBlocks = [] }
        expect(.nodeBlockSize(block: "x", found: 0), replace(0, first: 0, count: 0))
        expect(.nodeBlockStart(block: "x", expected: 2, found: 1), replace(1, first: 1, count: 3))
        expect(.nodeBlockStart(block: "x", expected: 2, found: 3), replace(1, first: 3, count: 3))
        expect(.tooManyNodes(block: "x", limit: Int(Int32.max)), replace(1, first: 2, count: Int.max))
        expect(.axisSize(block: "x", expected: 2, found: 3), replace(0, first: 0, count: 2, axis: Axis(.fixed(3))))
        expect(.axisSize(block: "x", expected: 2, found: -2), replace(0, first: 0, count: 2, axis: Axis(.fixed(-2))))
        expect(
            .axisGroup(block: "x", expectedBelow: 0, found: 7), replace(0, first: 0, count: 2, axis: Axis(.group(7))))
        expect(.isolatedNodes(block: "alone")) { _ = $0.nodes("alone", 4) }
    }

    @Test func edgeBlocks() {
        expect(.nodeBlockIndex(block: "x", expectedBelow: 3, found: 3)) { $0.edgeBlocks[0] = block(from: 3, rule()) }
        expect(.nodeBlockIndex(block: "x", expectedBelow: 3, found: -1)) { $0.edgeBlocks[0] = block(to: -1, rule()) }
        expect(.fanWidth(block: "x", from: 2, to: 3)) {
            $0.edgeBlocks.append(block(type: .residual, topology: .fan, .constant(1)))
        }
        expect(.groupCount(block: "x", from: 2, to: 3, found: 2)) {
            $0.edgeBlocks.append(block(type: .residual, topology: .groups(2), .constant(1)))
        }
        expect(.groupCount(block: "x", from: 2, to: 3, found: 0)) {
            $0.edgeBlocks.append(block(type: .residual, topology: .groups(0), .constant(1)))
        }
        expect(.fanOntoItself(block: "x")) {
            $0.edgeBlocks.append(block(type: .residual, topology: .fan, from: 0, to: 0, .constant(1)))
        }
        expect(.reversedFan(block: "x")) {
            $0.edgeBlocks.append(block(type: .head, topology: .fan, from: 2, to: 1, reversed: true, .constant(1)))
        }
        expect(.listedSelfLoops(block: "x")) { $0.edgeBlocks.append(block(type: .selfLoop, .constant(1))) }
        expect(.constantOnParameterType(block: "x", type: .bias)) {
            $0.edgeBlocks.append(block(type: .bias, .constant(1)))
        }
        expect(.constantValue(block: "x", expected: 1, found: 2)) {
            $0.edgeBlocks.append(block(type: .head, .constant(2)))
        }
        expect(.parameterOnAuxiliaryType(block: "x", type: .head)) { $0.edgeBlocks[0] = block(type: .head, rule()) }
    }

    @Test func addressRules() {
        func broken(_ values: EdgeValues) -> (inout GraphBuilder) -> Void { { $0.edgeBlocks[0] = block(values) } }
        expect(.parameterIndex(block: "x", expectedBelow: 2, found: 2), broken(rule(parameter: 2)))
        expect(.slotCount(block: "x", found: 0), broken(rule(slots: 0)))
        expect(.levelExtent(block: "x", found: 0), broken(rule(from: [(0, 1)])))
        expect(.levelStride(block: "x", found: -1), broken(rule(from: [(2, -1)])))
        expect(.levelProduct(block: "x", side: "from", expected: 2, found: 3), broken(rule(from: [(3, 1)])))
        expect(
            .levelProduct(block: "x", side: "to", expected: 3, found: Int.max),
            broken(rule(to: [(Int.max, 1), (Int.max, 1)])))
        expect(.addressOutside(block: "x", parameter: "w", expectedBelow: 6, found: 6), broken(rule(offset: 1)))
        expect(.addressOutside(block: "x", parameter: "w", expectedBelow: 6, found: -1), broken(rule(offset: -1)))
        expect(.addressOutside(block: "x", parameter: "w", expectedBelow: 6, found: 6), broken(rule(slots: 2)))
        expect(
            .addressOutside(block: "x", parameter: "w", expectedBelow: 6, found: Int.max),
            broken(rule(to: [(3, Int.max / 2)])))
        expect(.coverageUnproven(parameter: "w"), broken(rule(to: [(3, 1)])))
        expect(.scalarOnNoEdge(parameter: "w", scalar: 1), broken(rule(from: [(2, 0)])))
        expect(.scalarOnNoEdge(parameter: "v", scalar: 0)) { _ = $0.parameter("v", [4]) }
    }
}
