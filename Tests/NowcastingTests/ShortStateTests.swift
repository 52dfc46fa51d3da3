import NeuralGraphs
import Nowcasting
import Tensors
import Testing

/// States that are short at first (`StateSchedule`).
@Suite struct ShortStateTests: StraightRuns {
    /// Eight states of two steps, until step 16, then as long of four, then of eight. Two steps each, of which a
    /// nowcast takes one, look like a way of half the speed, so the first trial fails; that of step 20 is over at 32.
    @Test func statesAreShortAtFirst() throws {
        var wrapped = try optimizer(period: 40, shortStates: 8)
        let weights = Tensor(shape: [4], values: Self.start)
        let events = try run(&wrapped, weights, steps: 0..<56, losses: distance(to: 1000))
        let jumps = events.filter { $0.value != .looked }
        #expect(events.keys.sorted() == [10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 56])
        #expect(jumps == [32: .nowcast(horizon: 19), 48: .nowcast(horizon: 19)])
        // By default there are 24: of a quarter, of half if that would leave nothing to train, none where a state of
        // full length has no half.
        let quarters =
            Array(stride(from: 10, through: 48, by: 2)) + Array(stride(from: 52, through: 96, by: 4)) + [104, 112]
        let halves = Array(stride(from: 10, through: 48, by: 2)) + Array(stride(from: 52, through: 112, by: 4))
        for (period, expected) in [(40, quarters), (20, halves), (15, Array(stride(from: 15, through: 111, by: 3)))] {
            var standard = try optimizer(period: period, shortStates: nil)
            let events = try run(
                &standard, Tensor(shape: [4], values: Self.start), steps: 0..<112, losses: distance(to: 0))
            #expect(events.keys.sorted() == expected)
        }
    }

    /// Steps 10, 12, 14 and 16 are nowcasts, which do not train: the weights stand at 0 … 9, 9, 10, 10, 11, 11, 12 when
    /// they are recorded.
    @Test(arguments: [(StateKind.mean, [1.5, 5.5, 9, 11] as [Float]), (.snapshot, [3, 7, 10, 12])])
    func twoShortStatesBecomeALongOne(kind: StateKind, expected: [Float]) throws {
        var wrapped = try optimizer(states: kind, shortStates: 8)
        let weights = Tensor(shape: [4], values: Self.start)
        _ = try run(&wrapped, weights, steps: 0..<15, losses: distance(to: 0))
        #expect(wrapped.savedState.tensors["nowcast.state_6"] != nil)
        _ = try run(&wrapped, weights, steps: 15..<16, losses: distance(to: 0))
        let saved = wrapped.savedState.tensors
        #expect((0..<4).map { saved["nowcast.state_\($0)"]?.values[3] } == expected.map { 4 + $0 })
        #expect(saved["nowcast.state_4"] == nil)
    }

    /// The way turns around within the first trial, which fails at step 16; the second would be due at 22, but states
    /// grow at 20.
    @Test func aTrialOfShortStatesIsNotJudgedByLongOnes() throws {
        var wrapped = try optimizer(shortStates: 10)
        let weights = Tensor(shape: [4], values: Self.start)
        _ = try run(&wrapped, weights, steps: 0..<19, losses: distance(to: -1000)) { $0 < 12 ? 1 : -0.5 }
        #expect(wrapped.savedState.counters["nowcast.trial_age"] == 1)
        _ = try run(&wrapped, weights, steps: 19..<20, losses: distance(to: -1000)) { _ in -0.5 }
        #expect(wrapped.savedState.counters["nowcast.trial_age"] == nil)
        let events = try run(&wrapped, weights, steps: 20..<64, losses: distance(to: -1000)) { _ in -0.5 }
        let first = try #require(events.filter { $0.value != .looked }.keys.min())
        #expect(first >= 24 + 3 * 4)
    }

    /// After `forgetStates` no nowcast may be due when states grow: those of steps 12, 14 and 16 are records.
    @Test(arguments: [(StateKind.mean, 12.5 as Float), (.snapshot, 14)])
    func statesGrowWhereNoNowcastIsDue(kind: StateKind, expected: Float) throws {
        var wrapped = try optimizer(states: kind, shortStates: 8)
        let weights = Tensor(shape: [4], values: Self.start)
        _ = try run(&wrapped, weights, steps: 0..<11, losses: distance(to: 0))
        wrapped.forgetStates()
        _ = try run(&wrapped, weights, steps: 11..<14, losses: distance(to: 0))
        var byMean = wrapped
        _ = try run(&wrapped, weights, steps: 14..<16, losses: distance(to: 0))
        let saved = wrapped.savedState.tensors
        #expect(saved["nowcast.state_0"]?.values[3] == 4 + expected)
        #expect(saved["nowcast.state_1"] == nil)
        guard kind == .mean else { return }
        byMean.record(Tensor(shape: [4], values: zip(Self.start, Self.way).map { $0 + 13.5 * $1 }), steps: 2)
        #expect(byMean.savedState.tensors["nowcast.state_0"]?.values[3] == 4 + expected)
        #expect(byMean.savedState.tensors["nowcast.state_1"] == nil)
    }

    @Test func statesOfAnotherLengthAreRefused() throws {
        var short = try optimizer(shortStates: 8)
        var long = try optimizer()
        let weights = Tensor(shape: [4], values: Self.start)
        _ = try run(&short, weights, steps: 0..<12, losses: distance(to: 0))
        #expect(throws: NowcastError.savedNumber(name: "nowcast.state_steps", expected: "4", found: "2")) {
            try long.restore(short.savedState)
        }
    }
}
