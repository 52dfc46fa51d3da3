import NeuralGraphs
import Nowcasting
import Tensors
import TestSupport
import Testing

/// Backtests of states with the means of the weights between them.
extension BacktestTests {
    /// Behind noisy states stand their means: forecasts from them are those of a backtest of the means by themselves,
    /// compared with the states.
    @Test func forecastsAreMadeFromMeansToo() throws {
        let way = states(9, drift: 0.3)
        let noisy = zip(way, states(9, noise: 1, seed: 6)).map { zip($0, $1).map { $0 + 0.5 * $1 } }
        let result = try Backtest(steps: Array(0..<9), hasMeans: true).run(
            Source(states: noisy + way), networks: [NoChange()])
        let count = 4 + 3 + 1
        #expect(result.forecasts.count == (2 * Backtest.combiners.count + 3) * count)
        let averages = ["average2", "average"]
        #expect(result.averages == averages + (["newest"] + averages).map { $0 + Backtest.ofMeans })
        let (alone, ofMeans) = (try run(noisy, networks: [NoChange()]), try run(way))
        #expect(Array(result.forecasts.prefix(alone.forecasts.count)) == alone.forecasts)
        #expect(result.distances == alone.distances)
        for forecast in ofMeans.forecasts where forecast.name.method == "linefit" {
            let name = forecast.name
            let own = result.forecasts.first {
                $0.name
                    == ForecastName(method: "linefit-of-means", newest: name.newest, target: name.target)
            }!
            // The line leads to the next mean itself, so its error is the noise of the state that came.
            let noise = squares(noisy[name.target], way[name.target])
            #expect(abs(own.measure.error - noise) < 1e-4 * noise)
            #expect(own.measure.error > 100 * forecast.measure.error)
        }
        // A network sees five means, and its forecast is compared with the states.
        for method in ["newest-of-means", "still-of-means"] {
            let own = result.forecasts.filter { $0.name.method == method }
            #expect(own.count == count)
            for forecast in own {
                let expected = squares(way[forecast.name.newest], noisy[forecast.name.target])
                #expect(abs(forecast.measure.error - expected) < 1e-5 * expected)
            }
        }
    }

    /// Leaves the newest state as it is.
    private struct NoChange: Nowcaster {
        let name = "still"
        func nowcast(
            _ source: some StateSource, horizons: [Int], graph: GraphInput?, into sinks: [any NowcastSink],
            options: NowcastOptions
        ) throws -> [ChangeMeasure] {
            try StateAverage(states: 1).nowcast(
                source, horizons: horizons, graph: graph, into: sinks, options: options)
        }
    }

    /// The sentence says which mean it is.
    @Test func aMeanOfTheWeightsBetweenStatesIsRecommended() throws {
        let (still, noisy) = (states(1)[0], states(10, noise: 1))
        let source = Source(states: noisy + Array(repeating: still, count: 10))
        let advice = try Backtest(steps: Array(0..<10), hasMeans: true).run(source).advice
        #expect(advice.action == .average && advice.method?.hasSuffix("-of-means") == true)
        #expect(advice.sentence.hasPrefix("Average: the mean of the weights "), "\(advice.sentence)")
        // The twin: means that say nothing.
        let useless = Source(states: noisy + states(10, noise: 9, seed: 8))
        let other = try Backtest(steps: Array(0..<10), hasMeans: true).run(useless).advice
        #expect(other.method == "average")
    }

    /// A forecast from means one state ahead is where training stands by now: no reason to look ahead, unless the loss
    /// falls further on.
    @Test func whereTrainingStandsWithoutItsNoiseIsNotAhead() throws {
        let way = states(10, drift: 0.5)
        let step = zip(way[1], way[0]).map { $0 - $1 }
        let length = step.reduce(0) { $0 + Double($1) * Double($1) }
        let noisy = zip(way, states(10, noise: 1, seed: 6)).map { zip($0, $1).map { $0 + 0.05 * $1 } }
        let means = way.map { zip($0, step).map { $0 - $1 / 2 } }
        let source = Source(states: noisy + means)
        /// Along the way no place between two states is good, and noise nowhere.
        func advice(slope: Double) throws -> BacktestAdvice {
            try Backtest(steps: Array(0..<10), hasMeans: true).run(
                source, combiners: [StateAverage(states: 2)], networks: [Exact(step: step)],
                receiver: ForecastLosses(source) { weights in
                    let moved = zip(weights.values, way[0]).map { Double($0 - $1) }
                    let place = zip(moved, step).reduce(0) { $0 + $1.0 * Double($1.1) } / length
                    let noise = zip(moved, step).reduce(0) { sum, pair in
                        sum + (pair.0 - place * Double(pair.1)) * (pair.0 - place * Double(pair.1))
                    }
                    return 10 + slope * place + abs(place - place.rounded()) + noise / length
                }
            ).advice
        }
        let now = try advice(slope: 0)
        #expect(now.action == .average && now.method == "exact-of-means" && now.horizon == 1, "\(now.sentence)")
        #expect(now.sentence.hasPrefix("Average: the forecast of exact-of-means one state ahead"))
        // The twin: where it falls ahead.
        let later = try advice(slope: -0.1)
        #expect(later.action == .ahead && later.method == "exact-of-means", "\(later.sentence)")
    }

    /// From means half a state back to where training will be.
    private struct Exact: Nowcaster {
        let name = "exact"
        let step: [Float]

        func nowcast(
            _ source: some StateSource, horizons: [Int], graph: GraphInput?, into sinks: [any NowcastSink],
            options: NowcastOptions
        ) throws -> [ChangeMeasure] {
            let moved = zip(horizons, sinks).map { horizon, sink in
                Moved(way: step.map { (Float(horizon) - 0.5) * $0 }, next: sink)
            }
            return try NoChange().nowcast(source, horizons: horizons, graph: graph, into: moved, options: options)
        }
    }

    /// Adds a way to what it is given.
    private struct Moved: NowcastSink {
        let way: [Float]
        let next: any NowcastSink

        func write(_ patch: ScalarPatch, from values: UnsafePointer<Float>, stride: Int) throws {
            let first = BacktestTests.parameters.entries[patch.parameter].offset + patch.first
            var moved: [Float] = []
            for row in 0..<patch.rows {
                for column in 0..<patch.columns {
                    let place = first + row * patch.rowStride + column * patch.columnStride
                    moved.append(values[row * stride + column] + way[place])
                }
            }
            try next.write(patch, from: moved, stride: patch.columns)
        }
    }
}
