import Foundation
import NeuralGraphs
import Tensors

/// NiNo edge by edge in double precision for single nodes and scalars of any graph, given the nodes' states before:
/// shows that a
/// result too large to be computed twice is right. Source: nino-model.md 3, by its own formulas, unfolded.
public struct DoublePrecisionReference<Source: StateSource> {
    private let network: GraphNetwork
    private let graph: NeuralGraph
    private let source: Source
    private let scaling: StateScaling
    /// x⁰, x¹, …: [nodes, H].
    private let nodes: [Tensor]

    /// - Parameter nodes: states of all nodes before the first and after each round of message passing that an edge
    ///   update follows.
    public init(_ network: GraphNetwork, graph: NeuralGraph, source: Source, nodes: [Tensor]) throws {
        (self.network, self.graph, self.source, self.nodes) = (network, graph, source, nodes)
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

    /// State of a node after round `layer` of message passing.
    public func state(of node: Int, after layer: Int) throws -> [Double] {
        let (width, convolution) = (network.width, network.convolutions[layer])
        var (sum, count) = ([Double](repeating: 0, count: width), 0.0)
        try forEachEdge(into: node) { edge in
            let encoded = apply(convolution.edgeEncoder, try features(edge, updates: layer))
            let message = apply(convolution.pre, row(nodes[layer], node) + row(nodes[layer], edge.from))
            for h in 0..<width { sum[h] += encoded[h] * message[h] + encoded[width + h] }
            count += 1
        }
        let mean = sum.map { count > 0 ? $0 / count : 0 }
        return apply(convolution.output, apply(convolution.post, row(nodes[layer], node) + mean)).map(silu)
    }

    /// The nowcast of one scalar.
    public func nowcast(_ scalar: Int, of parameter: Int, horizon: Int) throws -> Double {
        var (sum, count) = (0.0, 0.0)
        for (index, block) in graph.edgeBlocks.enumerated() {
            guard case .parameter(let rule) = block.values, rule.parameter == parameter else { continue }
            try forEachEdge(of: index, into: nil, holding: scalar) { edge in
                let hidden = apply(network.readOutHidden, try features(edge, updates: network.edgeUpdates.count)).map(
                    silu)
                let rows = network.readOut(horizon: horizon, slots: rule.slots)
                sum += apply(rows, hidden)[scalar - edge.scalar!.index]
                count += 1
            }
        }
        let scale = scaling.tensors[parameter]
        return
            (try scaled(parameter, scalar)[StateHistory.contextLength - 1] + sum / count * Double(network.updateScale))
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
            let address = rule.map { $0.offset + (block.topology == .fan ? 0 : fromAddresses[i]) + toAddresses[j] }
            if let wanted, let address, !(address..<(address + rule!.slots)).contains(wanted) { return }
            try body(
                Edge(
                    from: source, to: target, type: block.type,
                    scalar: address.map { (rule!.parameter, $0, rule!.slots) }))
        }
        switch block.topology {
        case .allPairs: for i in 0..<from.count { for j in 0..<to.count { try visit(i, j) } }
        case .fan: for j in 0..<to.count { try visit(j / (to.count / from.count), j) }
        }
    }

    /// e after some updates.
    private func features(_ edge: Edge, updates: Int) throws -> [Double] {
        var inputs = [Double](repeating: 0, count: network.edgeProjection.inputs)
        for t in 0..<StateHistory.contextLength where edge.scalar == nil {
            inputs[t] = Double(edge.type == .selfLoop ? NeuralGraph.selfLoopValue : NeuralGraph.auxiliaryValue)
        }
        if let (parameter, index, slots) = edge.scalar {
            for slot in 0..<slots {
                inputs.replaceSubrange((slot * 5)..<(slot * 5 + 5), with: try scaled(parameter, index + slot))
            }
        }
        var e = plus(
            apply(network.edgeProjection, inputs), network.embedding(ofType: edge.type.rawValue).map(Double.init))
        for (update, layer) in network.edgeUpdates[..<updates].enumerated() {
            let x = nodes[update + 1]
            let hidden = plus(
                apply(layer.edge, e), plus(apply(layer.source, row(x, edge.from)), apply(layer.target, row(x, edge.to)))
            )
            e = apply(layer.output, hidden.map(silu))
        }
        return e
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
        (0..<network.width).map { Double(x.values[node * network.width + $0]) }
    }

    private func apply(_ layer: LinearLayer, _ x: [Double]) -> [Double] {
        (0..<layer.outputs).map { output in
            var sum = Double(layer.bias[output])
            for input in x.indices { sum += Double(layer.weight[output * layer.inputs + input]) * x[input] }
            return sum
        }
    }

    private func silu(_ x: Double) -> Double { x / (1 + exp(-x)) }
    private func plus(_ a: [Double], _ b: [Double]) -> [Double] { zip(a, b).map(+) }
}

extension GraphNetwork {
    /// The rows of the read-out for one horizon and the first `slots` slots.
    func readOut(horizon: Int, slots: Int) -> LinearLayer {
        let rows = (0..<slots).map { $0 * horizons + horizon - 1 }
        return LinearLayer(
            outputs: slots, inputs: width, weight: rows.flatMap { readOut.weight[($0 * width)..<(($0 + 1) * width)] },
            bias: rows.map { readOut.bias[$0] })
    }
}
