import NeuralGraphs
import Tensors

/// Single nodes and scalars of a nowcast on any graph in double precision, given the nodes' states before: shows that a
/// result too large to be computed twice is right.
public struct SampledReference<Source: StateSource> {
    private let reference: DoublePrecisionReference
    private let updateScale: Double
    private let horizons: Int
    private let graph: NeuralGraph
    private let source: Source
    private let scaling: StateScaling
    /// x⁰, x¹, …: [nodes, H].
    private let nodes: [Tensor]

    /// - Parameters:
    ///   - horizons: K.
    ///   - nodes: states of all nodes before the first and after each round of message passing that an edge update
    ///     follows.
    /// - Throws: what the source throws.
    public init(
        _ reference: DoublePrecisionReference, horizons: Int, updateScale: Float = 1, graph: NeuralGraph,
        source: Source, nodes: [Tensor]
    ) throws {
        (self.reference, self.horizons, self.updateScale) = (reference, horizons, Double(updateScale))
        (self.graph, self.source, self.nodes) = (graph, source, nodes)
        scaling = try StateScaling(source)
    }

    /// One edge: its ends, its type, and its first scalar.
    private struct Edge {
        let from: Int
        let to: Int
        let type: EdgeType
        /// nil for a constant.
        let scalar: (parameter: Int, index: Int, slots: Int)?
    }

    /// State of a node after round `round` of message passing.
    public func state(of node: Int, after round: Int) throws -> [Double] {
        let own = row(nodes[round], node)
        var (sum, count) = ([Double](repeating: 0, count: own.count), 0.0)
        try forEachEdge(into: node) { edge in
            let message = reference.message(
                round, edge: try features(edge, updates: round), source: row(nodes[round], edge.from), target: own)
            for h in sum.indices { sum[h] += message[h] }
            count += 1
        }
        return reference.node(after: round, own, meanMessage: sum.map { count > 0 ? $0 / count : 0 })
    }

    /// The nowcast of one scalar.
    public func nowcast(_ scalar: Int, of parameter: Int, horizon: Int) throws -> Double {
        var (sum, count) = (0.0, 0.0)
        for (index, block) in graph.edgeBlocks.enumerated() {
            guard case .parameter(let rule) = block.values, rule.parameter == parameter else { continue }
            try forEachEdge(of: index, into: nil, holding: scalar) { edge in
                let outputs = reference.outputs(try features(edge, updates: reference.updates))
                sum += outputs[(scalar - edge.scalar!.index) * horizons + horizon - 1]
                count += 1
            }
        }
        let scale = scaling.tensors[parameter]
        return (try scaled(parameter, scalar)[StateHistory.contextLength - 1] + sum / count * updateScale)
            * scale.deviation + scale.mean
    }

    /// The newest state of one scalar.
    public func newest(_ scalar: Int, of parameter: Int) throws -> Double {
        try raw(parameter, scalar)[StateHistory.contextLength - 1]
    }

    private func forEachEdge(into node: Int, _ body: (Edge) throws -> Void) rethrows {
        for (index, block) in graph.edgeBlocks.enumerated()
        where graph.nodeBlocks[block.reversed ? block.from : block.to].nodes.contains(node) {
            try forEachEdge(of: index, into: node, holding: nil, body)
        }
        try body(Edge(from: node, to: node, type: .selfLoop, scalar: nil))
    }

    private func forEachEdge(of index: Int, into node: Int?, holding wanted: Int?, _ body: (Edge) throws -> Void)
        rethrows
    {
        let block = graph.edgeBlocks[index]
        let (from, to) = (graph.nodeBlocks[block.from], graph.nodeBlocks[block.to])
        var (fromAddresses, toAddresses, rule) = ([Int](), [Int](), AddressRule?.none)
        if case .parameter(let given) = block.values {
            rule = given
            (fromAddresses, toAddresses) = (AddressRule.addresses(of: given.from), AddressRule.addresses(of: given.to))
        }
        func visit(_ i: Int, _ j: Int) throws {
            let (source, target) = block.reversed ? (to.first + j, from.first + i) : (from.first + i, to.first + j)
            if let node, target != node { return }
            let address = rule.map { $0.offset + fromAddresses[i % fromAddresses.count] + toAddresses[j] }
            if let wanted, let address, !(address..<(address + rule!.slots)).contains(wanted) { return }
            try body(
                Edge(
                    from: source, to: target, type: block.type,
                    scalar: address.map { (rule!.parameter, $0, rule!.slots) }))
        }
        switch block.topology {
        case .allPairs: for i in 0..<from.count { for j in 0..<to.count { try visit(i, j) } }
        case .fan: for j in 0..<to.count { try visit(j / (to.count / from.count), j) }
        case .groups(let count):
            let length = from.count / count
            for j in 0..<to.count {
                let first = j / (to.count / count) * length
                for i in first..<(first + length) { try visit(i, j) }
            }
        }
    }

    /// e after some updates.
    private func features(_ edge: Edge, updates: Int) throws -> [Double] {
        let constant = Double(edge.type == .selfLoop ? NeuralGraph.selfLoopValue : NeuralGraph.auxiliaryValue)
        var inputs = [Double](repeating: constant, count: StateHistory.contextLength)
        if let (parameter, index, slots) = edge.scalar {
            inputs = try (0..<slots).flatMap { try scaled(parameter, index + $0) }
        }
        return (0..<updates).reduce(reference.edge(inputs, type: edge.type.rawValue)) { e, update in
            let x = nodes[update + 1]
            return reference.edge(after: update, e, source: row(x, edge.from), target: row(x, edge.to))
        }
    }

    private func raw(_ parameter: Int, _ scalar: Int) throws -> [Double] {
        try (0..<StateHistory.contextLength).map { state in
            var value: Float = 0
            try source.read(.run(parameter, scalar..<(scalar + 1)), state: state, into: &value, stride: 1)
            return Double(value)
        }
    }

    private func scaled(_ parameter: Int, _ scalar: Int) throws -> [Double] {
        let scale = scaling.tensors[parameter]
        return try raw(parameter, scalar).map { ($0 - scale.mean) / (scale.deviation + TensorScaling.epsilon) }
    }

    private func row(_ x: Tensor, _ node: Int) -> [Double] {
        (0..<x.shape[1]).map { Double(x.values[node * x.shape[1] + $0]) }
    }
}
