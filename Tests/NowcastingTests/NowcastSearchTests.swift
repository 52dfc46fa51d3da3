import NeuralGraphs
import Nowcasting
import Tensors
import Testing

/// `NowcastPolicy.search`, on weights whose way is known.
@Suite struct NowcastSearchTests: StraightRuns {
    /// The trial of the first look is over three states later; from then on two states come between jumps.
    @Test func whatTravelsStraightJumpsAsFarAsTheLossFalls() throws {
        var wrapped = try optimizer()
        let weights = Tensor(shape: [4], values: Self.start)
        let events = try run(&wrapped, weights, steps: 0..<44, losses: distance(to: 1000))
        #expect(
            events == [
                20: .looked, 24: .looked, 28: .looked, 32: .nowcast(horizon: 19), 36: .looked,
                40: .nowcast(horizon: 19), 44: .looked,
            ])
        // 2, 3, 4, 6, 9, 13, 19 states of four steps.
        #expect(weights.values[3] > 4 + 2 * 18 * 4)

        var short = try optimizer(longest: 5)
        let other = Tensor(shape: [4], values: Self.start)
        #expect(try run(&short, other, steps: 0..<32, losses: distance(to: 1000))[32] == .nowcast(horizon: 4))
    }

    /// At step 32 the newest mean is 26.5 steps along the way and the weights 28; a state is a little more than three.
    /// The goal is nearest to the nowcast two or three states ahead, and one or two more cost less than half of what
    /// the weights as they are do.
    @Test(arguments: [(goal: 34 as Float, horizon: 3), (35, 4)])
    func aJumpMayGiveBackHalfOfWhatNoiseCosts(goal: Float, horizon: Int) throws {
        var wrapped = try optimizer()
        let weights = Tensor(shape: [4], values: Self.start)
        let events = try run(&wrapped, weights, steps: 0..<32, losses: distance(to: goal))
        #expect(events[32] == .nowcast(horizon: horizon))
    }

    /// Further along the way costs 0.5, a quarter of what the weights as they are cost beyond the best. Four states of
    /// progress are more than that if the loss was 1.5 three states before, and less if it was 1.3.
    @Test(arguments: [
        (before: 1.5, expected: NowcastingOptimizer<PlainSteps>.Event.nowcast(horizon: 19)), (1.3, .looked),
    ])
    func aJumpMayGiveBackFourStatesOfProgress(before: Double, expected: NowcastingOptimizer<PlainSteps>.Event) throws {
        var wrapped = try optimizer()
        let weights = Tensor(shape: [4], values: Self.start)
        let events = try run(&wrapped, weights, steps: 0..<32) { weights in
            switch weights.values[3] - 4 {
            case ..<19: [before]
            case 27.5..<28.5: [3]
            case 31...: [1.5]
            default: [1]
            }
        }
        #expect(events[32] == expected)
    }

    /// At the first search no trial is over. The weights stand 19 steps along the way, and a state of progress is a
    /// third of what the loss fell since one that was at 5.5; noise must cost as much as half of five states.
    @Test(arguments: [
        (noise: 0.26, before: 1.3, expected: NowcastingOptimizer<PlainSteps>.Event.nowcast(horizon: 19)),
        (0.24, 1.3, .looked), (0.24, 1, .looked), (0.24, 0.9, .looked),
    ]) func whereNoiseHoldsARunUpItJumpsWithoutATrial(
        noise: Double, before: Double, expected: NowcastingOptimizer<PlainSteps>.Event
    ) throws {
        var wrapped = try optimizer()
        let weights = Tensor(shape: [4], values: Self.start)
        let events = try run(&wrapped, weights, steps: 0..<20) { weights in
            switch weights.values[3] - 4 {
            case ..<7: [before]
            case 18.5..<19.5: [1 + noise]
            default: [1]
            }
        }
        #expect(events == [20: expected])
        // The trial moves with the weights, or a jump would make its own forecast come true: 3 states ahead of 17.5,
        // and 74 further after a jump to 93.5 from 19.5.
        let saved = wrapped.savedState.tensors
        #expect(try #require(saved["nowcast.trial_start"]).array == #require(saved["nowcast.state_3"]).array)
        let forecast = try #require(saved["nowcast.trial_forecast"]).values[3] - 4
        #expect(abs(forecast - (expected == .looked ? 29.5 : 103.5)) < 1e-3)
    }

    @Test func afterAJumpTheStatesGoOnAsIfTrainingHadComeThere() throws {
        var wrapped = try optimizer(longest: 4)
        let weights = Tensor(shape: [4], values: Self.start)
        _ = try run(&wrapped, weights, steps: 0..<32, losses: distance(to: 1000))
        let landed = weights.array
        _ = try run(&wrapped, weights, steps: 32..<35, losses: distance(to: 1000))
        // A straight way stays one, so the line fit goes on along it; with a kink of the jump's length in it, it could
        // not.
        let events = try run(&wrapped, weights, steps: 35..<36, losses: distance(to: 1000))
        #expect(events == [36: .looked])
        let shown = try #require(try wrapped.evaluationWeights(weights, losses: distance(to: 1000)))
        for index in 0..<4 {
            // The newest mean is that of the four weights since the jump: 0 to 3 steps from where it landed.
            // States are three steps apart, as a nowcast takes the fourth.
            let expected = landed[index] + Self.way[index] * (1.5 + 3 * Float(shown.horizon))
            #expect(abs(shown.weights.values[index] - expected) < abs(Self.way[index]) / 2)
        }
    }

    @Test func noJumpWhereTheLossRises() throws {
        var wrapped = try optimizer()
        let weights = Tensor(shape: [4], values: Self.start)
        let events = try run(&wrapped, weights, steps: 0..<40, losses: distance(to: 0))
        #expect(events.values.allSatisfy { $0 == .looked } && events.count == 6)
        // Six of forty steps were nowcasts, which do not train.
        #expect(weights.values[3] == 4 + 34)
        // Of what it may show, the mean of the newest two states is nearest to the start.
        let shown = try #require(try wrapped.evaluationWeights(weights, losses: distance(to: 0)))
        #expect(shown.horizon == 0 && shown.weights.values[3] < weights.values[3] - 2)
    }

    /// The weights have gone 34 steps at the search, whose newest means are of steps 28 to 31 and 31 to 34. Two steps
    /// later the mean of all since the first of these is 33 1/6, and that of eight, two of them counted as 29.5, is 32
    /// 1/4.
    @Test(arguments: [StateKind.mean, .snapshot]) func betweenSearchesTheBestOfFourIsShown(states: StateKind) throws {
        var wrapped = try optimizer(states: states)
        let weights = Tensor(shape: [4], values: Self.start)
        let before = try wrapped.evaluationWeights(weights, losses: distance(to: 0))
        #expect(before == nil)
        _ = try run(&wrapped, weights, steps: 0..<40, losses: distance(to: 0))
        let found = try #require(try wrapped.evaluationWeights(weights, losses: distance(to: 0)))
        _ = try run(&wrapped, weights, steps: 40..<42, losses: distance(to: 0))
        func shown(_ goal: Float) throws -> [Float] {
            try #require(try wrapped.evaluationWeights(weights, losses: distance(to: goal))).weights.array
        }
        #expect(weights.values[3] == 4 + 36)
        #expect(try shown(0) == found.weights.array)
        #expect(try shown(36) == weights.array)
        for mean in [33 + 1.0 / 6, 32.25] as [Float] {
            let between = try shown(mean)
            // Snapshots have no mean: the weights or what was found, whichever is nearer.
            #expect((abs(between[3] - (4 + mean)) < 1e-4) == (states == .mean))
        }
        struct Full: Error {}
        #expect(throws: Full.self) { try wrapped.evaluationWeights(weights) { _ in throw Full() } }
    }

    @Test func theWeightsAsTheyAreMayBeTheBest() throws {
        var wrapped = try optimizer()
        let weights = Tensor(shape: [4], values: Self.start)
        _ = try run(&wrapped, weights, steps: 0..<20, losses: distance(to: 19))
        let shown = try #require(try wrapped.evaluationWeights(weights, losses: distance(to: 19)))
        #expect(shown.weights.array == weights.array && shown.horizon == 0)
    }

    /// The way turns around within the first trial. The second begins before the five states are straight again, the
    /// third does not.
    @Test func nothingJumpsBeforeATrialIsPassed() throws {
        var wrapped = try optimizer()
        let weights = Tensor(shape: [4], values: Self.start)
        let events = try run(&wrapped, weights, steps: 0..<56, losses: distance(to: -1000)) { $0 < 24 ? 1 : -0.5 }
        let jumps = events.filter { $0.value != .looked }.keys
        #expect(Array(jumps) == [56])
    }

    @Test(
        arguments: [0, 3, 9, 10, 13, 15, 16, 17, 19, 20, 21, 28, 31, 32, 33, 36, 40, 64],
        [(period: 20, shortStates: 0), (20, 8), (40, 8)])
    func aRestoredRunGoesOnBitForBit(stop: Int, plan: (period: Int, shortStates: Int)) throws {
        let losses = distance(to: 300)
        var whole = try optimizer(period: plan.period, shortStates: plan.shortStates)
        let expected = Tensor(shape: [4], values: Self.start)
        let events = try run(&whole, expected, steps: 0..<90, losses: losses) { Float($0 % 3) }
        #expect(events.values.contains { $0 != .looked })

        var first = try optimizer(period: plan.period, shortStates: plan.shortStates)
        let weights = Tensor(shape: [4], values: Self.start)
        _ = try run(&first, weights, steps: 0..<stop, losses: losses) { Float($0 % 3) }
        var second = try optimizer(period: plan.period, shortStates: plan.shortStates)
        try second.restore(first.savedState)
        let (before, after) = (
            try first.evaluationWeights(weights, losses: losses), try second.evaluationWeights(weights, losses: losses)
        )
        #expect(after?.weights.array == before?.weights.array && after?.horizon == before?.horizon)
        let later = try run(&second, weights, steps: stop..<90, losses: losses) { Float($0 % 3) }
        #expect(weights.array.map(\.bitPattern) == expected.array.map(\.bitPattern))
        #expect(later == events.filter { $0.key > stop })
    }

    @Test func aStateSavedByAnotherPolicyIsRefused() throws {
        var schedule = try NowcastingOptimizer(
            PlainSteps(), nowcaster: .lineFit, graph: nil, parameters: Self.parameters, period: 20, maxTrainSteps: 1000)
        let weights = Tensor(shape: [4], values: Self.start)
        _ = try run(&schedule, weights, steps: 0..<3, losses: distance(to: 0))
        var search = try optimizer()
        #expect(
            throws: NowcastError.savedNumber(
                name: "nowcast.states_since_jump", expected: "a number of at least 0", found: "none")
        ) {
            try search.restore(schedule.savedState)
        }
    }

    @Test func whatIsNotFiniteIsRefused() throws {
        var wrapped = try optimizer()
        let weights = Tensor(shape: [4], values: Self.start)
        _ = try run(&wrapped, weights, steps: 0..<19, losses: distance(to: 1000))
        weights.values[2] = .nan
        let events = try run(&wrapped, weights, steps: 19..<20, losses: distance(to: 1000))
        #expect(events == [20: .refused(horizon: 1, parameter: "b")])
        #expect(try wrapped.evaluationWeights(weights, losses: distance(to: 1000)) == nil && weights.values[0] > 1)
        struct Full: Error {}
        var other = try optimizer()
        let others = Tensor(shape: [4], values: Self.start)
        _ = try run(&other, others, steps: 0..<19, losses: distance(to: 1000))
        let before = others.array
        #expect(throws: Full.self) { try run(&other, others, steps: 19..<20) { _ in throw Full() } }
        #expect(other.completedSteps == 19 && others.array == before)
    }
}
