import NeuralGraphs
import Nowcasting
import Tensors

/// Nowcasting a permuted history gives the permuted nowcast. Source: docs/symmetry.md, proof 3.
final class NowcastProof {
    /// Largest relative error of the predicted change that counts as equal, in float32.
    static let tolerance = 1e-4

    /// Of the untrained network: what neighbours say must not fade, or controls would go unnoticed.
    private static let gain = Float(6).squareRoot()

    private let nowcaster: any Nowcaster
    private let graph: GraphInput
    private let parameters: ParameterList
    private let states: [[Float]]
    private let horizon: Int
    /// Nowcast minus newest state.
    private let change: [Float]

    /// - Parameters:
    ///   - slots: of the graph.
    ///   - nowcaster: nil for an untrained network drawn from `random`: any network will do.
    /// - Throws: `NowcastError` for a network that cannot take the graph.
    init(
        _ graph: GraphInput, _ parameters: ParameterList, slots: Int, nowcaster: (any Nowcaster)?,
        using random: inout SeededRandom
    ) throws {
        self.nowcaster =
            nowcaster
            ?? StreamedNetwork(.random(width: 32, slots: max(9, slots), gain: Self.gain, seed: random.next()))
        (self.graph, self.parameters) = (graph, parameters)
        states = Self.history(parameters.count, using: &random)
        horizon = min(10, self.nowcaster.longestHorizon ?? 10)
        change = try Self.change(states, self.nowcaster, graph, parameters, horizon)
    }

    /// Whether the nowcaster looks at the graph at all. One that does not is equivariant to any permutation of any
    /// tensor.
    var seesGraph: Bool { nowcaster is StreamedNetwork }

    /// A walk: every scalar drifts at a pace of its own, with noise.
    private static func history(_ count: Int, using random: inout SeededRandom) -> [[Float]] {
        var state = (0..<count).map { _ in random.normal() }
        let drift = (0..<count).map { _ in random.normal(standardDeviation: 0.3) }
        return (0..<StateHistory.contextLength).map { _ in
            state = zip(state, drift).map { $0 + $1 + random.normal(standardDeviation: 0.1) }
            return state
        }
    }

    private static func change(
        _ states: [[Float]], _ nowcaster: any Nowcaster, _ graph: GraphInput, _ parameters: ParameterList,
        _ horizon: Int
    ) throws -> [Float] {
        let nowcast = try nowcaster.nowcast(
            StateHistory(states, parameters: parameters), horizon: horizon, graph: graph)
        return zip(nowcast.values, states[states.count - 1]).map { $0 - $1 }
    }

    /// ‖Δ(π·history) − π·Δ(history)‖ / ‖Δ(history)‖, the largest of those of the whole and of each tensor; infinite if
    /// one is not finite.
    ///
    /// By tensor too, because what one of them does wrong may touch few others. One that hardly changes is measured
    /// against the mean change of all.
    func error(_ action: TensorAction) throws -> Double {
        let found = try Self.change(
            states.map { action.apply(toFlat: $0, parameters) }, nowcaster, graph, parameters, horizon)
        let expected = action.apply(toFlat: change, parameters)
        let meanSquare = Self.squares(expected[...]) / Double(expected.count)
        return ([expected.indices] + parameters.entries.map(\.range)).reduce(0) { worst, range in
            let difference = zip(found[range], expected[range]).reduce(0) { sum, pair in
                let distance = Double(pair.0) - Double(pair.1)
                return sum + distance * distance
            }
            let length = max(Self.squares(expected[range]), meanSquare * Double(range.count))
            let error = (difference / length).squareRoot()
            return error.isFinite ? max(worst, error) : .infinity
        }
    }

    private static func squares(_ values: ArraySlice<Float>) -> Double {
        values.reduce(0) { $0 + Double($1) * Double($1) }
    }
}
