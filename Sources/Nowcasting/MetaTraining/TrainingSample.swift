import CKernels
import NeuralGraphs
import Tensors

/// How an error of a predicted change counts. Both are means over all parameters and all horizons that have targets.
public enum MetaLoss: String, Sendable, Codable, CaseIterable {
    /// Absolute error in scaled units, as the paper has it.
    case value
    /// Absolute error relative to the mean absolute change of its tensor at its horizon: small changes count as much as
    /// large ones.
    case change
}

/// Five states of a run and those that followed, scaled, ready to learn from.
public final class TrainingSample: Sendable {
    public let graph: TrainingGraph
    /// Of each parameter tensor, from the five states alone.
    let scaling: StateScaling
    /// Scaled states: [scalars, 5].
    let states: Tensor
    /// Scaled changes from the newest state: [scalars, horizons]; 0 where the run has no state.
    let targets: Tensor
    public let horizons: Int
    /// Horizons that have targets: 1 … this.
    public let targetCount: Int
    /// Positional encoding with this sample's signs: [nodes, 8].
    let encoding: Tensor

    /// - Parameters:
    ///   - states: five or more flat parameter vectors, oldest first: the context, then the targets; those beyond
    ///     `horizons` are not used.
    ///   - signs: ±1 for each column of the encoding.
    public init(_ graph: TrainingGraph, states: [[Float]], horizons: Int, signs: [Float]? = nil) {
        let context = StateHistory.contextLength
        precondition(
            states.count >= context && states.allSatisfy { $0.count == graph.parameters.count },
            "\(states.count) states")
        do {
            scaling = try StateScaling(StateHistory(Array(states.prefix(context)), parameters: graph.parameters))
        } catch {
            preconditionFailure("\(error)")
        }
        (self.graph, self.horizons) = (graph, horizons)
        targetCount = min(horizons, states.count - context)
        self.states = Tensor(shape: [graph.parameters.count, context])
        targets = Tensor(shape: [graph.parameters.count, horizons])
        let width = LaplacianPositionalEncoding.width
        encoding = Tensor(
            shape: [graph.nodeCount, width], values: graph.encoding.enumerated().map { $1 * (signs?[$0 % width] ?? 1) })
        for (entry, scale) in zip(graph.parameters.entries, scaling.tensors) {
            for (index, state) in states.prefix(context + targetCount).enumerated() {
                write(state, at: index, entry, scale)
            }
        }
    }

    /// Scales one tensor of one state into its column.
    private func write(_ state: [Float], at index: Int, _ entry: ParameterList.Entry, _ scale: TensorScaling) {
        let context = StateHistory.contextLength
        withUnsafeTemporaryAllocation(of: Float.self, capacity: entry.count) { buffer in
            _ = buffer.initialize(from: state[entry.range])
            scale.scale(buffer.baseAddress!, rows: 1, columns: entry.count, stride: entry.count)
            if index < context {
                let column = states.address + entry.offset * context + index
                for scalar in 0..<entry.count { column[scalar * context] = buffer[scalar] }
            } else {
                let (newest, column) = (
                    states.address + entry.offset * context + context - 1,
                    targets.address + entry.offset * horizons + index - context
                )
                for scalar in 0..<entry.count { column[scalar * horizons] = buffer[scalar] - newest[scalar * context] }
            }
        }
    }

    /// Weight of an error by horizon, for each parameter tensor; all of a sample's weighted errors sum to its loss.
    func errorWeights(_ loss: MetaLoss) -> [[Float]] {
        let all = Double(graph.parameters.count) * Double(max(1, targetCount))
        return graph.parameters.entries.map { entry in
            (0..<horizons).map { horizon in
                guard horizon < targetCount else { return 0 }
                switch loss {
                case .value: return Float(1 / all)
                case .change: return Float(1 / (all * (meanChange(entry, horizon) + Self.leastChange)))
                }
            }
        }
    }

    /// A thousandth of a tensor's deviation: what moves less than that does not count for more.
    private static let leastChange = 1e-3

    private func meanChange(_ entry: ParameterList.Entry, _ horizon: Int) -> Double {
        let column = targets.address + entry.offset * horizons + horizon
        return (0..<entry.count).reduce(0.0) { $0 + Double(abs(column[$1 * horizons])) } / Double(entry.count)
    }

    /// The parameters at a horizon from predicted changes, as a nowcast would write them.
    ///
    /// - Parameter changes: [scalars, horizons], scaled.
    /// - Returns: the flat parameter vector, in the parameters' own units.
    public func predictions(_ changes: Tensor, horizon: Int) -> [Float] {
        precondition((1...horizons).contains(horizon), "horizon \(horizon) of \(horizons)")
        let context = StateHistory.contextLength
        return zip(graph.parameters.entries, scaling.tensors).flatMap { entry, scale in
            entry.range.map {
                scale.unscale(states.values[$0 * context + context - 1] + changes.values[$0 * horizons + horizon - 1])
            }
        }
    }

    /// Calls `body` with the predicted and the true change of every scalar at every horizon (from 0) that has a target,
    /// in the parameters' own units.
    ///
    /// - Parameter changes: [scalars, horizons], scaled.
    public func forEachChange(
        _ changes: Tensor, _ body: (_ type: Int, _ horizon: Int, _ predicted: Double, _ true: Double) -> Void
    ) {
        let context = StateHistory.contextLength
        for (parameter, entry) in graph.parameters.entries.enumerated() {
            let deviation = scaling.tensors[parameter].deviation
            for scalar in entry.range {
                let type = graph.types.type(of: scalar - entry.offset, in: parameter)
                // A nowcast divides by deviation + ε and multiplies by the deviation alone.
                let shrinkage = Double(states.values[scalar * context + context - 1]) * TensorScaling.epsilon
                for horizon in 0..<targetCount {
                    let index = scalar * horizons + horizon
                    body(
                        type, horizon, Double(changes.values[index]) * deviation - shrinkage,
                        Double(targets.values[index]) * (deviation + TensorScaling.epsilon))
                }
            }
        }
    }
}
