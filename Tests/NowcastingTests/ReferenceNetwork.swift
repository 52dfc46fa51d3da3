import Foundation
import NeuralGraphs
import Nowcasting

/// The network of nino-model.md 3 in double precision, edge by edge, straight from the checkpoint's names: shares no
/// code with
/// the module it checks.
struct ReferenceNetwork {
    let weights: [String: NamedWeight]
    var updateScale = 1.0

    private func layer(_ name: String, _ x: [Double]) -> [Double] {
        let (weight, bias) = (weights[name + ".weight"]!, weights[name + ".bias"]!)
        return (0..<weight.shape[0]).map { row in
            var sum = Double(bias.values[row])
            for column in x.indices { sum += Double(weight.values[row * weight.shape[1] + column]) * x[column] }
            return sum
        }
    }

    private func row(_ name: String, _ index: Int) -> [Double] {
        let table = weights[name]!
        return table.values[(index * table.shape[1])..<((index + 1) * table.shape[1])].map(Double.init)
    }

    private func silu(_ x: [Double]) -> [Double] { x.map { $0 / (1 + exp(-$0)) } }
    private func plus(_ a: [Double], _ b: [Double]) -> [Double] { zip(a, b).map { $0.0 + $0.1 } }

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

    /// - Returns: the flat parameter vector.
    ///
    /// - Parameter chosen: whether messages pass along each edge; nil: along all.
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
        let scale = self.scaled(history)
        let states = history.states.map(\.array)
        func scaled(_ scalar: Int, _ state: Int) -> Double { scale(scalar, states[state]) }
        var x = (0..<edges.nodeCount).map { node in
            let projected = layer("node_proj.fc.0", encoding[(node * 8)..<(node * 8 + 8)].map(Double.init))
            return words.map { plus(projected, row("wte_pos_enc_layer.weight", $0[node])) } ?? projected
        }
        var e = (0..<edges.count).map { edge in
            let scalar = edges.parameterScalars[edge]
            var features = [Double](repeating: scalar < 0 ? (edges.types[edge] == 13 ? 2 : 1) : 0, count: 5)
            if scalar >= 0 {
                features = (0..<edges.slots[edge]).flatMap { slot in (0..<5).map { scaled(scalar + slot, $0) } }
            }
            return plus(layer("edge_proj.fc.0", features), row("layer_embed.weight", edges.types[edge]))
        }
        var update = 0
        while weights["gnn.edge_update.\(update).lin1.weight"] != nil {
            x = convolve("gnn.convs.\(update).", x, e, edges, chosen).map(silu)
            let name = "gnn.edge_update.\(update)."
            let (fromSource, fromTarget) = (x.map { layer(name + "lin_s", $0) }, x.map { layer(name + "lin_t", $0) })
            e = e.indices.map { edge in
                layer(
                    name + "lin1",
                    silu(
                        plus(
                            layer(name + "lin_e", e[edge]),
                            plus(fromSource[edges.sources[edge]], fromTarget[edges.targets[edge]]))))
            }
            update += 1
        }
        let horizons = SampleNetwork.horizons
        var sums = [[Double]](repeating: [Double](repeating: 0, count: horizons), count: history.count)
        var counts = [Double](repeating: 0, count: history.count)
        for edge in 0..<edges.count where edges.parameterScalars[edge] >= 0 {
            let output = layer("edge_out.fc.2", silu(layer("edge_out.fc.0", e[edge])))
            for slot in 0..<edges.slots[edge] {
                let scalar = edges.parameterScalars[edge] + slot
                for k in 0..<horizons { sums[scalar][k] += updateScale * output[slot * horizons + k] }
                counts[scalar] += 1
            }
        }
        return zip(sums, counts).map { sum, count in sum.map { $0 / count } }
    }

    private func convolve(
        _ name: String, _ x: [[Double]], _ e: [[Double]], _ edges: EdgeList, _ chosen: [Bool]?
    ) -> [[Double]] {
        let width = x[0].count
        var sums = [[Double]](repeating: [Double](repeating: 0, count: width), count: x.count)
        var counts = [Double](repeating: 0, count: x.count)
        for edge in e.indices where chosen?[edge] ?? true {
            let (s, t) = (edges.sources[edge], edges.targets[edge])
            let encoded = layer(name + "edge_encoder", e[edge])
            let pre = layer(name + "pre_nns.0.0", x[t] + x[s])
            for h in 0..<width { sums[t][h] += encoded[h] * pre[h] + encoded[width + h] }
            counts[t] += 1
        }
        return x.indices.map { node in
            let mean = sums[node].map { counts[node] > 0 ? $0 / counts[node] : 0 }
            return layer(name + "lin", layer(name + "post_nns.0.0", x[node] + mean))
        }
    }

    /// WNN+.
    func nowcast(_ history: StateHistory, types: [Int], horizon: Int) -> [Double] {
        unscaled(history, changes(history, types: types), horizon: horizon)
    }

    func changes(_ history: StateHistory, types: [Int]) -> [[Double]] {
        let scaled = self.scaled(history)
        let states = history.states.map(\.array)
        return types.indices.map { index in
            var h = plus(
                layer("edge_proj.fc.0", states.map { scaled(index, $0) }), row("layer_embed.weight", types[index]))
            for name in ["0", "2", "4"] { h = silu(layer("edge_mlp.fc." + name, h)) }
            return layer("edge_mlp.fc.6", h).map { updateScale * $0 }
        }
    }
}
