import NeuralGraphs
import Nowcasting
import Tensors

/// Takes away what it is given as a gradient.
struct PlainSteps: BaseOptimizer {
    func step(_ weights: Tensor, gradients: Tensor) {
        for index in 0..<weights.count { weights.values[index] -= gradients.values[index] }
    }

    var savedState: SavedOptimizerState { SavedOptimizerState() }
    func restore(_ state: SavedOptimizerState) {}
}

/// Runs of a nowcasting optimizer whose weights travel straight on.
protocol StraightRuns {}

extension StraightRuns {
    static var parameters: ParameterList { ParameterList([("a", [2]), ("b", [2])]) }
    static var start: [Float] { [1, -2, 0.5, 4] }
    /// Weights travel by this at every step.
    static var way: [Float] { [0.25, 0.5, -0.25, 1] }

    func optimizer(
        _ nowcaster: any Nowcaster = .lineFit, states: StateKind = .mean, period: Int = 20, longest: Int = 20,
        shortStates: Int? = 0
    ) throws -> NowcastingOptimizer<PlainSteps> {
        try NowcastingOptimizer(
            PlainSteps(), nowcaster: nowcaster, graph: nil, parameters: Self.parameters, period: period,
            firstHorizon: longest, stateKind: states,
            policy: .search, shortStates: shortStates, maxTrainSteps: 1000)
    }

    /// Distance from where the straight way is after `goal` steps.
    func distance(to goal: Float) -> (Tensor) throws -> [Double] {
        { weights in
            let squares = (0..<weights.count).map { Double(weights.values[$0] - Self.start[$0] - goal * Self.way[$0]) }
                .map { $0 * $0 }
            return [squares.reduce(0, +), 2 * squares.reduce(0, +)]
        }
    }

    /// Steps along the way, times `factor`.
    func run(
        _ wrapped: inout NowcastingOptimizer<PlainSteps>, _ weights: Tensor, steps: Range<Int>,
        losses: (Tensor) throws -> [Double], factor: (Int) -> Float = { _ in 1 }
    ) throws -> [Int: NowcastingOptimizer<PlainSteps>.Event] {
        var events: [Int: NowcastingOptimizer<PlainSteps>.Event] = [:]
        for step in steps {
            let gradients =
                wrapped.needsGradients ? Tensor(shape: [4], values: Self.way.map { -$0 * factor(step) }) : nil
            let event = try withoutActuallyEscaping(losses) {
                try wrapped.step(weights, gradients: gradients, losses: $0)
            }
            if event != .updated { events[step + 1] = event }
        }
        return events
    }
}
