import NeuralGraphs
import Nowcasting

/// A whole nowcast in double precision, edge by edge, by the formulas of `DoublePrecisionReference`; reading, scaling
/// and read-back are written out here once more.
struct ReferenceNetwork {
    private let formulas: DoublePrecisionReference
    private let updateScale: Double

    init(weights: [String: NamedWeight], updateScale: Double = 1) {
        (formulas, self.updateScale) = (DoublePrecisionReference(weights), updateScale)
    }

    private struct Scaling {
        let mean: Double
        let deviation: Double
    }

    private func scalings(_ history: StateHistory) -> [Scaling] {
        history.parameters.entries.map { entry in
            let all = history.states.flatMap { state in entry.range.map { Double(state.values[$0]) } }
            let mean = all.reduce(0, +) / Double(all.count)
            let variance = all.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(all.count - 1)
            return Scaling(mean: mean, deviation: variance.squareRoot())
        }
    }

    private func owner(_ parameters: ParameterList) -> [Int] {
        parameters.entries.enumerated().flatMap { index, entry in entry.range.map { _ in index } }
    }

    /// (w − mean)/(deviation + 1e-6) of every scalar.
    func scaled(_ history: StateHistory) -> (_ scalar: Int, _ state: [Float]) -> Double {
        let (scalings, owner) = (scalings(history), owner(history.parameters))
        return { (Double($1[$0]) - scalings[owner[$0]].mean) / (scalings[owner[$0]].deviation + 1e-6) }
    }

    /// Newest state plus change, in each tensor's own units.
    private func unscaled(_ history: StateHistory, _ changes: [[Double]], horizon: Int) -> [Double] {
        let (scalings, owner, scaled) = (scalings(history), owner(history.parameters), self.scaled(history))
        let newest = history.states[4].array
        return changes.indices.map {
            (scaled($0, newest) + changes[$0][horizon - 1]) * scalings[owner[$0]].deviation + scalings[owner[$0]].mean
        }
    }

    /// - Parameter chosen: whether messages pass along each edge; nil: along all.
    /// - Returns: the flat parameter vector.
    func nowcast(
        _ history: StateHistory, _ edges: EdgeList, encoding: [Float], words: [Int]? = nil, horizon: Int,
        passingAlong chosen: [Bool]? = nil
    ) -> [Double] {
        let changes = changes(history, edges, encoding: encoding, words: words, passingAlong: chosen)
        return unscaled(history, changes, horizon: horizon)
    }

    /// Predicted change of every scalar at every horizon, scaled.
    func changes(
        _ history: StateHistory, _ edges: EdgeList, encoding: [Float], words: [Int]? = nil,
        passingAlong chosen: [Bool]? = nil
    ) -> [[Double]] {
        let (scaled, states) = (self.scaled(history), history.states.map(\.array))
        var x = (0..<edges.nodeCount).map { node in
            formulas.node(encoding[(node * 8)..<(node * 8 + 8)].map(Double.init), word: words?[node])
        }
        var e = (0..<edges.count).map { edge in
            let scalar = edges.parameterScalars[edge]
            let constant = [Double](repeating: edges.types[edge] == 13 ? 2 : 1, count: 5)
            let features = (0..<edges.slots[edge]).flatMap { slot in states.map { scaled(max(0, scalar) + slot, $0) } }
            return formulas.edge(scalar < 0 ? constant : features, type: edges.types[edge])
        }
        for round in 0..<formulas.updates {
            x = passMessages(round, x, e, edges, chosen)
            e = e.indices.map { edge in
                formulas.edge(
                    after: round, e[edge], source: x[edges.sources[edge]], target: x[edges.targets[edge]])
            }
        }
        let horizons = SampleNetwork.horizons
        var sums = [[Double]](repeating: [Double](repeating: 0, count: horizons), count: history.count)
        var counts = [Double](repeating: 0, count: history.count)
        for edge in 0..<edges.count where edges.parameterScalars[edge] >= 0 {
            let output = formulas.outputs(e[edge])
            for slot in 0..<edges.slots[edge] {
                let scalar = edges.parameterScalars[edge] + slot
                for k in 0..<horizons { sums[scalar][k] += updateScale * output[slot * horizons + k] }
                counts[scalar] += 1
            }
        }
        return zip(sums, counts).map { sum, count in sum.map { $0 / count } }
    }

    private func passMessages(
        _ round: Int, _ x: [[Double]], _ e: [[Double]], _ edges: EdgeList, _ chosen: [Bool]?
    ) -> [[Double]] {
        var sums = x.map { $0.map { _ in 0.0 } }
        var counts = [Double](repeating: 0, count: x.count)
        for edge in e.indices where chosen?[edge] ?? true {
            let target = edges.targets[edge]
            let message = formulas.message(round, edge: e[edge], source: x[edges.sources[edge]], target: x[target])
            for h in message.indices { sums[target][h] += message[h] }
            counts[target] += 1
        }
        return x.indices.map { node in
            formulas.node(after: round, x[node], meanMessage: sums[node].map { $0 / max(1, counts[node]) })
        }
    }

    /// WNN+.
    func nowcast(_ history: StateHistory, types: [Int], horizon: Int) -> [Double] {
        unscaled(history, changes(history, types: types), horizon: horizon)
    }

    func changes(_ history: StateHistory, types: [Int]) -> [[Double]] {
        let (scaled, states) = (self.scaled(history), history.states.map(\.array))
        return types.indices.map { index in
            formulas.outputs(ofScalar: states.map { scaled(index, $0) }, type: types[index]).map { updateScale * $0 }
        }
    }
}
