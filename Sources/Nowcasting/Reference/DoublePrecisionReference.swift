import Foundation

/// NiNo's graph network in double precision, edge by edge, by the formulas and tensor names of nino-model.md 3: the
/// oracle of the network that is written for speed, with which it shares no code.
public struct DoublePrecisionReference: Sendable {
    private let weights: [String: NamedWeight]

    public init(_ weights: [String: NamedWeight]) {
        self.weights = weights
    }

    /// Edge updates.
    public var updates: Int { (0...).first { weights["gnn.edge_update.\($0).lin1.weight"] == nil }! }

    /// W x + b; of fewer numbers than the layer has inputs, the others being zero.
    public func layer(_ name: String, _ x: [Double]) -> [Double] {
        let (weight, bias) = (weights[name + ".weight"]!, weights[name + ".bias"]!)
        return (0..<weight.shape[0]).map { row in
            var sum = Double(bias.values[row])
            for column in x.indices { sum += Double(weight.values[row * weight.shape[1] + column]) * x[column] }
            return sum
        }
    }

    /// A row of a table.
    public func row(_ name: String, _ index: Int) -> [Double] {
        let width = weights[name]!.shape[1]
        return weights[name]!.values[(index * width)..<((index + 1) * width)].map(Double.init)
    }

    /// x⁰ of a node with this encoding.
    public func node(_ encoding: [Double], word: Int?) -> [Double] {
        let projected = layer("node_proj.fc.0", encoding)
        return word.map { plus(projected, row("wte_pos_enc_layer.weight", $0)) } ?? projected
    }

    /// e⁰ of an edge with these features, slot the slower axis.
    public func edge(_ features: [Double], type: Int) -> [Double] {
        plus(layer("edge_proj.fc.0", features), row("layer_embed.weight", type))
    }

    /// What an edge tells its target in round `round`.
    public func message(_ round: Int, edge: [Double], source: [Double], target: [Double]) -> [Double] {
        let encoded = layer("gnn.convs.\(round).edge_encoder", edge)
        let pre = layer("gnn.convs.\(round).pre_nns.0.0", target + source)
        return pre.indices.map { encoded[$0] * pre[$0] + encoded[pre.count + $0] }
    }

    /// x after round `round`.
    public func node(after round: Int, _ x: [Double], meanMessage: [Double]) -> [Double] {
        silu(layer("gnn.convs.\(round).lin", layer("gnn.convs.\(round).post_nns.0.0", x + meanMessage)))
    }

    /// e after update `update`, between nodes as they are after that round.
    public func edge(after update: Int, _ edge: [Double], source: [Double], target: [Double]) -> [Double] {
        let name = "gnn.edge_update.\(update)."
        let ends = plus(layer(name + "lin_s", source), layer(name + "lin_t", target))
        return layer(name + "lin1", silu(plus(layer(name + "lin_e", edge), ends)))
    }

    /// Predicted changes of an edge's scalars before the update's scale: [slots · horizons].
    public func outputs(_ edge: [Double]) -> [Double] { layer("edge_out.fc.2", silu(layer("edge_out.fc.0", edge))) }

    /// WNN+'s predicted changes of a scalar, at every horizon.
    public func outputs(ofScalar states: [Double], type: Int) -> [Double] {
        var hidden = edge(states, type: type)
        for name in ["0", "2", "4"] { hidden = silu(layer("edge_mlp.fc.\(name)", hidden)) }
        return layer("edge_mlp.fc.6", hidden)
    }

    private func silu(_ x: [Double]) -> [Double] { x.map { $0 / (1 + exp(-$0)) } }
    private func plus(_ a: [Double], _ b: [Double]) -> [Double] { zip(a, b).map { $0.0 + $0.1 } }
}
