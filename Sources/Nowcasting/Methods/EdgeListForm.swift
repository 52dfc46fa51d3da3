import CKernels
import NeuralGraphs
import Tensors

/// NiNo's graph network edge by edge, as the paper writes it: the form the fast one is checked against, and the one for
/// graphs read from a file. Source: nino-model.md 3.
///
/// Keeps several arrays of size edges × H.
public struct EdgeListForm: Sendable {
    public let network: GraphNetwork

    public init(_ network: GraphNetwork) {
        self.network = network
    }

    /// - Parameters:
    ///   - horizon: k, in 1 … K.
    ///   - sampler: passes messages along some edges only, known by their numbers in the list (block 0); nil: along
    ///     all.
    /// - Returns: the flat parameter vector k states after the last.
    /// - Throws: `horizon`, `slots`, `edgeType`, `scalarOnNoEdge`, and the errors of `NodeInput`.
    public func nowcast(
        _ history: StateHistory, edges: EdgeList, nodes: NodeInput, horizon: Int, sampler: EdgeSampler? = nil
    ) throws(NowcastError) -> [Float] {
        let chosen = (0..<edges.count).map { sampler?.includes(block: 0, edge: $0) ?? true }
        return try nowcast(history, edges: edges, nodes: nodes, horizon: horizon, passingAlong: chosen)
    }

    /// The same along chosen edges.
    ///
    /// - Parameter passingAlong: whether messages pass along each edge.
    public func nowcast(
        _ history: StateHistory, edges: EdgeList, nodes: NodeInput, horizon: Int, passingAlong chosen: [Bool]
    ) throws(NowcastError) -> [Float] {
        try network.check(horizon: horizon, slots: edges.slotCount)
        try nodes.check(nodeCount: edges.nodeCount, network: network)
        if let type = edges.types.max(), type >= network.edgeTypes {
            throw .edgeType(expectedBelow: network.edgeTypes, found: type)
        }
        let scaling = StateScaling(history)
        let inputs = EdgeInputs(history, scaling: scaling, edges: edges)
        let changes = changes(inputs, edges: edges, nodes: nodes, horizon: horizon, passingAlong: chosen)
        return try readBack(changes, history: history, scaling: scaling, edges: edges)
    }

    /// - Returns: shape [edges, F'], the change of every slot in scaled units, before `upd_scale`.
    private func changes(
        _ inputs: EdgeInputs, edges: EdgeList, nodes: NodeInput, horizon: Int, passingAlong chosen: [Bool]
    ) -> Rows {
        var x = network.nodeProjection.apply(Rows(width: network.nodeProjection.inputs, values: nodes.encoding))
        if let table = network.wordEmbedding { x.add(rows: nodes.words, of: table) }
        var e = network.edgeProjection.firstInputs(inputs.width).apply(Rows(width: inputs.width, values: inputs.values))
        e.add(rows: edges.types, of: network.layerEmbedding)
        for (convolution, update) in zip(network.convolutions, network.edgeUpdates) {
            x = Self.convolve(convolution, x, e, edges, passingAlong: chosen)
            x.applySilu()
            var hidden = update.edge.apply(e)
            hidden.add(rows: edges.sources, of: update.source.apply(x).values)
            hidden.add(rows: edges.targets, of: update.target.apply(x).values)
            hidden.applySilu()
            e = update.output.apply(hidden)
        }
        var hidden = network.readOutHidden.apply(e)
        hidden.applySilu()
        return network.readOut(horizon: horizon, slots: edges.slotCount).apply(hidden)
    }

    /// One round of message passing: m = scale ⊙ pre([x_t ; x_s]) + shift, averaged at the target.
    private static func convolve(
        _ layer: GraphNetwork.Convolution, _ x: Rows, _ e: Rows, _ edges: EdgeList, passingAlong chosen: [Bool]
    ) -> Rows {
        let width = x.width
        let encoded = layer.edgeEncoder.apply(e)
        let pairs = Rows.joining(x.gather(edges.targets), x.gather(edges.sources))
        let messages = layer.pre.apply(pairs)
        var sums = [Double](repeating: 0, count: x.values.count)
        var counts = [Double](repeating: 0, count: x.count)
        for (edge, target) in edges.targets.enumerated() where chosen[edge] {
            counts[target] += 1
            for h in 0..<width {
                let (scale, shift) = (
                    encoded.values[edge * 2 * width + h], encoded.values[edge * 2 * width + width + h]
                )
                sums[target * width + h] += Double(scale * messages.values[edge * width + h] + shift)
            }
        }
        let aggregate = sums.indices.map { Float(sums[$0] / max(1, counts[$0 / width])) }
        return layer.output.apply(layer.post.apply(Rows.joining(x, Rows(width: width, values: aggregate))))
    }

    /// Mean over the copies of each scalar, added to its newest state, back in its own units.
    private func readBack(_ changes: Rows, history: StateHistory, scaling: StateScaling, edges: EdgeList)
        throws(NowcastError) -> [Float]
    {
        var sums = [Double](repeating: 0, count: history.count)
        var copies = [Int](repeating: 0, count: history.count)
        for edge in 0..<edges.count where edges.parameterScalars[edge] >= 0 {
            for slot in 0..<edges.slots[edge] {
                sums[edges.parameterScalars[edge] + slot] += Double(changes.values[edge * changes.width + slot])
                copies[edges.parameterScalars[edge] + slot] += 1
            }
        }
        var output = [Float](repeating: 0, count: history.count)
        for (entry, scale) in zip(history.parameters.entries, scaling.tensors) {
            for index in entry.range {
                guard copies[index] > 0 else {
                    throw .scalarOnNoEdge(parameter: entry.name, scalar: index - entry.offset)
                }
                var newest = history.states[StateHistory.contextLength - 1].values[index]
                scale.scale(&newest, rows: 1, columns: 1, stride: 1)
                output[index] = scale.unscale(newest + Float(sums[index] / Double(copies[index])) * network.updateScale)
            }
        }
        return output
    }
}

/// Edge features: shape [edges, F'·5], slot the slower axis. Source: neural-graphs.md 1.1.
private struct EdgeInputs {
    let width: Int
    var values: [Float]

    init(_ history: StateHistory, scaling: StateScaling, edges: EdgeList) {
        let length = StateHistory.contextLength
        width = edges.slotCount * length
        values = [Float](repeating: 0, count: edges.count * width)
        var scaled = history.states.map(\.array)
        for state in scaled.indices {
            for (entry, scale) in zip(history.parameters.entries, scaling.tensors) {
                scaled[state].withUnsafeMutableBufferPointer {
                    scale.scale($0.baseAddress! + entry.offset, rows: 1, columns: entry.count, stride: entry.count)
                }
            }
        }
        for edge in 0..<edges.count {
            let first = edges.parameterScalars[edge]
            for t in 0..<length {
                if first < 0 {
                    values[edge * width + t] = edges.constant(of: edge)
                } else {
                    for slot in 0..<edges.slots[edge] {
                        values[edge * width + slot * length + t] = scaled[t][first + slot]
                    }
                }
            }
        }
    }
}

extension GraphNetwork {
    /// - Throws: `horizon`, `slots`.
    func check(horizon: Int, slots found: Int) throws(NowcastError) {
        guard (1...horizons).contains(horizon) else { throw .horizon(expectedAtMost: horizons, found: horizon) }
        guard found <= slots else { throw .slots(expectedAtMost: slots, found: found) }
    }

    /// The rows of the read-out for one horizon and the first `slots` slots.
    func readOut(horizon: Int, slots: Int) -> LinearLayer {
        let rows = (0..<slots).map { $0 * horizons + horizon - 1 }
        return LinearLayer(
            outputs: slots, inputs: width, weight: rows.flatMap { readOut.weight[($0 * width)..<(($0 + 1) * width)] },
            bias: rows.map { readOut.bias[$0] })
    }
}
