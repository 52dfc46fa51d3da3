import NeuralGraphs
import Nowcasting
import Tensors
import TestSupport
import Testing

@Suite struct NowcastingOptimizerTests {
    /// Momentum with a state, so that losing it would show.
    private struct Momentum: BaseOptimizer {
        var velocity: Tensor
        var steps = 0

        init(count: Int) { velocity = Tensor(shape: [count]) }

        mutating func step(_ weights: Tensor, gradients: Tensor) {
            let next = Tensor(shape: velocity.shape)
            for i in 0..<weights.count {
                next.values[i] = 0.9 * velocity.values[i] + gradients.values[i]
                weights.values[i] -= 0.01 * next.values[i]
            }
            velocity = next
            steps += 1
        }

        var savedState: SavedOptimizerState {
            SavedOptimizerState(tensors: ["velocity": velocity], counters: ["steps": steps])
        }

        mutating func restore(_ state: SavedOptimizerState) throws {
            velocity = Tensor(shape: velocity.shape, values: try state.tensor("velocity", count: velocity.count).array)
            steps = try state.counter("steps")
        }
    }

    private let graph: NeuralGraph
    private let start: [Float]

    init() throws {
        graph = try GraphBuilder.everyKind(seed: 5).graph()
        var random = SeededGenerator(seed: 6)
        start = random.floats(graph.parameters.count)
    }

    private func optimizer(
        _ nowcaster: any Nowcaster = .lineFit, period: Int = 10, firstHorizon: Int? = nil,
        stateKind: StateKind = .snapshot,
        maxTrainSteps: Int = 40
    ) throws -> NowcastingOptimizer<Momentum> {
        try NowcastingOptimizer(
            Momentum(count: start.count), nowcaster: nowcaster, graph: GraphInput(graph), parameters: graph.parameters,
            period: period,
            firstHorizon: firstHorizon, stateKind: stateKind, maxTrainSteps: maxTrainSteps)
    }

    /// A gradient that pulls weights to zero, a little differently at every step.
    private func gradients(_ weights: Tensor, step: Int) -> Tensor {
        Tensor(shape: weights.shape, values: weights.array.map { $0 * (1 + 0.1 * Float(step % 3)) })
    }

    @Test func recordsAndNowcastsAtTheStepsOfTheLoop() throws {
        var wrapped = try optimizer()
        let weights = Tensor(shape: [start.count], values: start)
        var alone = Momentum(count: start.count)
        let twin = Tensor(shape: [start.count], values: start)
        var states: [Tensor] = []
        let horizons = [40, 21, 8, 1]
        #expect((0..<4).map { wrapped.schedule.horizon(atStep: 10 * $0) } == horizons)
        for step in 0..<40 {
            let isNowcast = (step + 1).isMultiple(of: 10)
            #expect(wrapped.needsGradients == !isNowcast)
            if (step + 1).isMultiple(of: 2) { states.append(Tensor(shape: twin.shape, values: twin.array)) }
            let event = try wrapped.step(weights, gradients: isNowcast ? nil : gradients(weights, step: step))
            if isNowcast {
                #expect(event == .nowcast(horizon: horizons[step / 10]))
                let line = try LineFit().nowcast(
                    StateHistory(states, parameters: graph.parameters), horizon: horizons[step / 10], graph: nil
                ).array
                twin.values.baseAddress!.update(from: line, count: line.count)
                states = []
            } else {
                #expect(event == .updated)
                alone.step(twin, gradients: gradients(twin, step: step))
            }
            let agrees = weights.array == twin.array
            #expect(agrees)
            #expect(wrapped.completedSteps == step + 1)
        }
        #expect(wrapped.base.steps == 36)
        let moved = weights.array != start
        #expect(moved)
    }

    @Test func aStateOfMeansIsTheMeanOfWhatTheStepsStartFrom() throws {
        var (wrapped, snapshots) = (try optimizer(period: 15, stateKind: .mean), try optimizer(period: 15))
        let (weights, others) = (
            Tensor(shape: [start.count], values: start), Tensor(shape: [start.count], values: start)
        )
        var seen: [[Float]] = []
        for step in 0..<15 {
            seen.append(weights.array)
            let expected =
                try step < 14
                ? nil
                : LineFit().nowcast(
                    StateHistory(
                        stride(from: 0, to: 15, by: 3).map { first in
                            Tensor(
                                shape: [start.count],
                                values: start.indices.map { index in
                                    Float((first..<first + 3).reduce(0.0) { $0 + Double(seen[$1][index]) } / 3)
                                })
                        }, parameters: graph.parameters), horizon: 40, graph: nil
                ).array
            _ = try wrapped.step(weights, gradients: step < 14 ? gradients(weights, step: step) : nil)
            _ = try snapshots.step(others, gradients: step < 14 ? gradients(others, step: step) : nil)
            guard let expected else { continue }
            #expect(zip(weights.array, expected).allSatisfy { abs($0 - $1) < 1e-4 })
            #expect(zip(others.array, expected).contains { abs($0 - $1) > 1e-2 })
        }
    }

    @Test(arguments: [0, 1, 3, 7, 8, 9, 10, 15, 29], [StateKind.snapshot, .mean])
    func aRestoredRunGoesOnBitForBit(stop: Int, stateKind: StateKind) throws {
        func run(_ wrapped: inout NowcastingOptimizer<Momentum>, _ weights: Tensor, _ steps: Range<Int>) throws {
            for step in steps {
                _ = try wrapped.step(weights, gradients: wrapped.needsGradients ? gradients(weights, step: step) : nil)
            }
        }
        let network = StreamedNetwork(try SampleNetwork.graph(SampleNetwork.graphWeights(seed: 1)))
        var whole = try optimizer(network, stateKind: stateKind)
        let expected = Tensor(shape: [start.count], values: start)
        try run(&whole, expected, 0..<33)

        var first = try optimizer(network, stateKind: stateKind)
        let weights = Tensor(shape: [start.count], values: start)
        try run(&first, weights, 0..<stop)
        let saved = first.savedState
        var second = try optimizer(network, stateKind: stateKind)
        try second.restore(saved)
        try run(&second, weights, stop..<33)
        let agrees = weights.array.map(\.bitPattern) == expected.array.map(\.bitPattern)
        #expect(agrees)
        #expect(second.completedSteps == 33 && second.base.steps == whole.base.steps)
    }

    @Test func damagedSavedStatesAreRefusedAndChangeNothing() throws {
        var wrapped = try optimizer()
        let weights = Tensor(shape: [start.count], values: start)
        for step in 0..<4 { _ = try wrapped.step(weights, gradients: gradients(weights, step: step)) }
        let saved = wrapped.savedState
        func expect(_ error: NowcastError, _ change: (inout SavedOptimizerState) -> Void) throws {
            var other = try optimizer()
            var damaged = saved
            change(&damaged)
            #expect(throws: error) { try other.restore(damaged) }
            #expect(other.completedSteps == 0 && other.base.steps == 0)
        }
        try expect(.savedTensorMissing(name: "nowcast.state_1")) { $0.tensors["nowcast.state_1"] = nil }
        try expect(.savedTensorMissing(name: "velocity")) { $0.tensors["base.velocity"] = nil }
        try expect(.savedTensorShape(name: "nowcast.state_0", expected: [start.count], found: [1])) {
            $0.tensors["nowcast.state_0"] = Tensor(shape: [1])
        }
        try expect(.savedNumber(name: "nowcast.completed_steps", expected: "a number of at least 0", found: "none")) {
            $0.counters["nowcast.completed_steps"] = nil
        }
        try expect(.savedNumber(name: "nowcast.period", expected: "10", found: "20")) {
            $0.counters["nowcast.period"] = 20
        }
        var good = try optimizer()
        try good.restore(saved)
        // A mean under way cannot be made up.
        var means = try optimizer(period: 15, stateKind: .mean)
        var other = saved
        other.counters["nowcast.period"] = 15
        for recorded in [1, nil] {
            other.counters["nowcast.recorded"] = recorded
            #expect(throws: NowcastError.savedTensorMissing(name: "nowcast.mean")) { try means.restore(other) }
        }
        #expect(good.completedSteps == 4 && good.base.steps == 4)
    }

    @Test(arguments: [Float.nan, .infinity])
    func aNowcastThatIsNotFiniteIsRefused(bad: Float) throws {
        var wrapped = try optimizer()
        let weights = Tensor(shape: [start.count], values: start)
        let place = graph.parameters.entries[2].offset
        for step in 0..<9 {
            // The weight is bad only while it is recorded.
            weights.values[place] = step == 5 ? bad : 1
            let gradients = Tensor(shape: weights.shape)
            _ = try wrapped.step(weights, gradients: gradients)
        }
        weights.values[place] = 1
        let before = weights.array
        let event = try wrapped.step(weights, gradients: nil)
        #expect(event == .refused(horizon: 40, parameter: graph.parameters.entries[2].name))
        let unchanged = weights.array == before
        #expect(unchanged)
        #expect(wrapped.completedSteps == 10 && wrapped.needsGradients)
    }

    @Test func settingsAreChecked() throws {
        #expect(throws: NowcastError.setting(name: "period", expected: "at least 5", found: "4")) {
            try optimizer(period: 4)
        }
        #expect(throws: NowcastError.setting(name: "horizon", expected: "at least 1", found: "0")) {
            try optimizer(firstHorizon: 0)
        }
        let schedule = try optimizer(firstHorizon: 9).schedule
        #expect((0..<4).map { schedule.horizon(atStep: 10 * $0) } == [9, 5, 3, 1])
        #expect(throws: NowcastError.setting(name: "max-steps", expected: "at least 1", found: "0")) {
            try optimizer(maxTrainSteps: 0)
        }
        let network = StreamedNetwork(try SampleNetwork.graph(SampleNetwork.graphWeights(seed: 1)))
        #expect(try optimizer(network, firstHorizon: 100).schedule.horizon(atStep: 0) == SampleNetwork.horizons)
        #expect(try optimizer(network, firstHorizon: 2).schedule.horizon(atStep: 0) == 2)
        #expect(throws: NowcastError.graphMissing(method: "nowcaster")) {
            try NowcastingOptimizer(
                Momentum(count: 1), nowcaster: network, graph: nil, parameters: graph.parameters, maxTrainSteps: 10)
        }
    }
}
