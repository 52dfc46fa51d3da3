import NeuralGraphs
import Nowcasting
import Tensors
import TestSupport
import Testing

@Suite struct BacktestTests {
    static let parameters = ParameterList([("a", [40, 30]), ("b", [7]), ("c", [300])])

    /// Any number of states in memory.
    struct Source: StateSource {
        let parameters = BacktestTests.parameters
        let states: [[Float]]

        func read(_ patch: ScalarPatch, state: Int, into output: UnsafeMutablePointer<Float>, stride: Int) {
            let first = parameters.entries[patch.parameter].offset + patch.first
            for row in 0..<patch.rows {
                for column in 0..<patch.columns {
                    output[row * stride + column] =
                        states[state][first + row * patch.rowStride + column * patch.columnStride]
                }
            }
        }
    }

    /// States start + t · drift + the sum of t steps of a walk + noise, all of random directions.
    func states(_ count: Int, drift: Float = 0, walk: Float = 0, noise: Float = 0, seed: UInt64 = 5)
        -> [[Float]]
    {
        var random = SeededGenerator(seed: seed)
        let size = Self.parameters.count
        var (place, way) = (random.floats(size), random.floats(size))
        way = way.map { $0 * drift }
        return (0..<count).map { _ in
            let (step, shake) = (random.floats(size), random.floats(size))
            for index in 0..<size { place[index] += way[index] + walk * step[index] }
            return zip(place, shake).map { $0 + noise * $1 }
        }
    }

    func run(_ states: [[Float]], steps: [Int]? = nil, networks: [any Nowcaster] = []) throws -> BacktestResult {
        try Backtest(steps: steps ?? Array(states.indices)).run(Source(states: states), networks: networks)
    }

    func squares(_ a: [Float], _ b: [Float]) -> Double {
        zip(a, b).reduce(0) { $0 + (Double($1.0) - Double($1.1)) * (Double($1.0) - Double($1.1)) }
    }

    /// Products of states tell what making the forecasts and comparing them scalar by scalar tells.
    @Test func measuresAreThoseOfTheForecastsThemselves() throws {
        let states = states(9, drift: 0.1, walk: 0.2, noise: 0.3)
        let result = try run(states)
        // Horizons 1, 2, 4 from states 4 … 7, 4 … 6, and 4.
        #expect(result.forecasts.count == Backtest.combiners.count * (4 + 3 + 1))
        for forecast in result.forecasts {
            let name = forecast.name
            let known = Array(states[...name.newest])
            let method = Backtest.combiners.first { $0.name == name.method }!
            let sink = VectorSink(Self.parameters)
            if ["fitted", "rank1"].contains(name.method) {
                _ = try SteppedCombiner(method, steps: Array(known.indices)).nowcast(
                    Source(states: known), horizons: [name.horizon], graph: nil, into: [sink],
                    options: NowcastOptions())
            } else {
                _ = try method.nowcast(
                    Source(states: known.suffix(5)), horizons: [name.horizon], graph: nil, into: [sink],
                    options: NowcastOptions())
            }
            let (found, truth) = (sink.values.array, states[name.target])
            let left = squares(states[name.newest], truth)
            #expect(abs(forecast.measure.error - squares(found, truth)) < 1e-5 * left)
            #expect(abs(forecast.measure.truth - left) < 1e-9 * left)
            #expect(abs(forecast.measure.predicted - squares(found, states[name.newest])) < 1e-5 * left)
            // The twin: another state in the place of the one that came.
            #expect(abs(forecast.measure.error - squares(found, states[name.target - 1])) > 1e-3 * left)
        }
    }

    /// A network's forecasts are compared patch by patch: the line as one gives what it gives by products.
    @Test func aNetworkIsMeasuredAsSumsOfStatesAre() throws {
        struct Line: Nowcaster {
            let name = "line"
            func nowcast(
                _ source: some StateSource, horizons: [Int], graph: GraphInput?, into sinks: [any NowcastSink],
                options: NowcastOptions
            ) throws -> [ChangeMeasure] {
                try LineFit().nowcast(source, horizons: horizons, graph: graph, into: sinks, options: options)
            }
        }
        let result = try run(states(8, drift: 0.1, noise: 0.3), networks: [Line()])
        let (own, line) = (
            result.forecasts.filter { $0.name.method == "line" },
            result.forecasts.filter { $0.name.method == "linefit" }
        )
        #expect(own.count == 3 + 2 && own.count == line.count)
        for (own, line) in zip(own, line) {
            #expect(abs(own.measure.relativeError! - line.measure.relativeError!) < 1e-5)
            #expect(abs(own.measure.cosine! - line.measure.cosine!) < 1e-5)
        }
        #expect(
            throws: NowcastError.setting(name: "steps", expected: "equal distances, for line", found: "0,1,2,3,4,9")
        ) {
            try run(states(6), steps: [0, 1, 2, 3, 4, 9], networks: [Line()])
        }
    }

    @Test func aStraightWayIsFollowedToItsEnd() throws {
        let result = try run(states(13, drift: 0.5))
        let movement = try #require(result.movement)
        #expect(movement.drift > 0.99)
        let far = try #require(result.scores.first { $0.method == "linefit" && $0.horizon == 8 })
        #expect(far.relativeError! < 1e-4 && far.cosine! > 0.9999 && abs(far.worth! - 8) < 0.01)
        #expect(result.advice.action == .ahead && result.advice.horizon == 8)
        #expect(result.advice.sentence.hasPrefix("Look 8 states ahead by "))
    }

    /// The error of a forecast that meets the state is a difference of large sums, and not below none.
    @Test(arguments: 1...12) func anExactForecastHasAnError(seed: Int) throws {
        let size = Self.parameters.count
        let states = (0..<9).map { t in
            (0..<size).map { Float((7 * $0 + seed * 13) % 31 + t * (($0 * seed) % 5 - 2)) }
        }
        for score in try run(states).scores {
            let error = try #require(score.relativeError)
            #expect(error >= 0)
            if score.method == "linefit" { #expect(error < 1e-3) }
            if score.method == "average" { #expect(error > 1) }
        }
    }

    /// What steps came to before says how far to go: less than the line where states are noise, as far where they
    /// drift.
    @Test func aFittedStepIsAsLongAsItPaid() throws {
        func error(_ method: String, _ states: [[Float]]) throws -> Double {
            try #require(try run(states).scores.first { $0.method == method && $0.horizon == 1 }?.relativeError)
        }
        let noise = states(14, noise: 1)
        #expect(try error("fitted", noise) < 0.95 && error("linefit", noise) > 1)
        let mixed = states(14, drift: 0.3, noise: 0.3)
        #expect(try error("fitted", mixed) < error("average", mixed))
        #expect(try error("fitted", states(14, drift: 1)) < 0.1)
    }

    @Test func noiseIsAveraged() throws {
        let result = try run(states(12, noise: 1))
        #expect(try #require(result.movement).noise > 0.95)
        #expect(result.advice.action == .average && result.advice.method == "average")
        #expect(result.advice.sentence.hasPrefix("Average: the mean of the last 5 states"))
    }

    @Test func aRandomWalkIsLeft() throws {
        let result = try run(states(12, walk: 1))
        #expect(try #require(result.movement).walk > 0.8)
        #expect(result.advice.action == .leave && result.advice.method == nil)
    }

    @Test func statesThatNeverMoveAreLeft() throws {
        let still = states(1)[0]
        let result = try run([[Float]](repeating: still, count: 7))
        #expect(result.movement == nil && result.advice.sentence == "Leave it: the states are equal.")
        #expect(result.scores.allSatisfy { $0.relativeError == nil && $0.worth == nil })
    }

    /// A line through points at uneven times.
    @Test func unevenStepsCount() throws {
        let (steps, way) = ([0, 10, 15, 40, 41, 90, 200], states(1)[0])
        let states = steps.map { step in way.map { $0 * (1 + 0.01 * Float(step)) } }
        let right = try run(states, steps: steps).scores.first { $0.method == "linefit" && $0.horizon == 2 }
        #expect(right!.relativeError! < 1e-4)
        // The twin: as if they were even.
        let wrong = try run(states).scores.first { $0.method == "linefit" && $0.horizon == 2 }
        #expect(wrong!.relativeError! > 0.1)
    }

    /// The loss decides where it is known: here it falls along the way, however noisy the states are.
    @Test func theLossDecidesWhereItIsKnown() throws {
        let states = states(12, drift: 0.02, noise: 1)
        let source = Source(states: states)
        let way = zip(self.states(2, drift: 1)[1], self.states(2, drift: 1)[0]).map { Double($0 - $1) }
        func run(_ loss: @escaping (Tensor) -> Double) throws -> BacktestResult {
            let methods: [any StateCombiner] = [StateAverage(states: 2), StateAverage(), LineFit()]
            return try Backtest(steps: Array(states.indices)).run(
                source, combiners: methods, receiver: ForecastLosses(source) { loss($0) })
        }
        let along = try run { weights in -zip(weights.values, way).reduce(0) { $0 + Double($1.0) * $1.1 } }
        #expect(along.losses.count == 12 && along.forecasts.allSatisfy { $0.loss != nil })
        #expect(along.advice.action == .ahead)
        let norm = try run { weights in weights.values.reduce(0) { $0 + Double($1) * Double($1) } }
        #expect(norm.advice.action == .average)
        // The twin: a loss that grows with what averaging does.
        let against = try run { weights in -weights.values.reduce(0) { $0 + Double($1) * Double($1) } }
        #expect(against.advice.action != .average)
        // What is lost in the rounding of a loss is no reason to jump.
        for (share, action) in [(1e-9, BacktestAdvice.Action.leave), (1, .ahead)] {
            let faint = try run { weights in
                100 - share * zip(weights.values, way).reduce(0) { $0 + Double($1.0) * $1.1 }
            }
            #expect(faint.advice.action == action, "\(share)")
        }
        let score = try #require(norm.scores.first)
        let mean = norm.forecasts.filter { $0.name.method == "average2" && $0.name.horizon == 1 }
        #expect(abs(score.loss! - mean.reduce(0) { $0 + $1.loss! } / Double(mean.count)) < 1e-9)
    }

    /// A forecast that is better than every mean, and worse than where the run stands, is no reason to jump.
    @Test func aForecastHasToBeatTheNewestStateToo() throws {
        let states = states(10, drift: 0.5)
        let source = Source(states: states)
        let way = zip(states[1], states[0]).map { Double($0 - $1) }
        let length = way.reduce(0) { $0 + $1 * $1 }
        /// Along the way: means of two states lie between two places, where the loss is high.
        func advice(slope: Double) throws -> BacktestAdvice {
            let methods: [any StateCombiner] = [StateAverage(states: 2), LineFit()]
            return try Backtest(steps: Array(states.indices)).run(
                source, combiners: methods,
                receiver: ForecastLosses(source) { weights in
                    let moved = zip(weights.values, states[0]).map { Double($0 - $1) }
                    let place = zip(moved, way).reduce(0) { $0 + $1.0 * $1.1 } / length
                    return 10 + slope * place + (abs(place - place.rounded()) > 0.25 ? 1 : 0)
                }
            ).advice
        }
        #expect(try advice(slope: 0.1).action == .leave)
        // The twin: where it falls ahead.
        #expect(try advice(slope: -0.1).action == .ahead)
    }

    @Test func whatIsNoHistoryIsRefused() {
        #expect(throws: NowcastError.setting(name: "states", expected: "at least 6", found: "5")) {
            try Backtest(steps: [0, 1, 2, 3, 4])
        }
        #expect(throws: NowcastError.setting(name: "steps", expected: "rising numbers", found: "0,1,2,3,5,5")) {
            try Backtest(steps: [0, 1, 2, 3, 5, 5])
        }
        #expect(
            throws: NowcastError.setting(name: "horizon", expected: "1 to 2, as there are 7 states", found: "3")
        ) { try Backtest(steps: Array(0..<7), horizons: [1, 3]) }
    }
}
