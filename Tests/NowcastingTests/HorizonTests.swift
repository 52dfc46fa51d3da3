import NeuralGraphs
import Nowcasting
import TestSupport
import Testing

@Suite struct HorizonTests {
    /// Values of neural-graphs.md 2.
    @Test func horizonsAreThoseOfTheText() {
        func horizons(_ steps: Int) -> [Int] {
            let schedule = HorizonSchedule(period: 1000, maxTrainSteps: steps)
            return stride(from: 0, to: steps, by: 1000).map { schedule.horizon(atStep: $0) }
        }
        #expect(horizons(10000) == [40, 33, 26, 21, 16, 11, 8, 5, 3, 1])
        #expect(horizons(6000) == [40, 28, 18, 10, 4, 1])
        #expect(horizons(999) == [40])
        #expect(horizons(2000) == [40, 1])
    }

    /// No memory for each of two hundred billion periods, and no horizon beyond what an integer holds.
    @Test func theLongestRunHasASchedule() {
        #expect(HorizonSchedule(longest: .max, period: 5, maxTrainSteps: 5).horizon(atStep: 0) == 1 << 62)
        let schedule = HorizonSchedule(period: 5, maxTrainSteps: 1_000_000_000_000)
        let steps = [0, 500_000_000_000, 999_999_999_999]
        #expect(steps.map { schedule.horizon(atStep: $0) } == [40, 13, 1])
    }

    @Test func stepsCountCompletedUpdates() {
        let schedule = HorizonSchedule(period: 1000, maxTrainSteps: 10000)
        #expect(schedule.horizon(atStep: 999) == 40)
        #expect(schedule.horizon(atStep: 1000) == 33)
        #expect(schedule.horizon(atStep: 9999) == 1)
        #expect(schedule.horizon(atStep: 1_000_000) == 1)
    }

    @Test func lineFitContinuesLinesExactlyAndFitsOthers() throws {
        let parameters = ParameterList([("w", [3])])
        let history = try StateHistory(
            (0..<5).map { t in [1 + 0.5 * Float(t), -3, Float(t * t)] }, parameters: parameters)
        for horizon in [1, 7, 100] {
            let line = try LineFit().nowcast(history, horizon: horizon, graph: nil).array
            #expect(line[0] == 1 + 0.5 * Float(4 + horizon))
            #expect(line[1] == -3)
            // Least squares through 0, 1, 4, 9, 16: 4 t − 2.
            #expect(line[2] == 4 * Float(4 + horizon) - 2)
            #expect(abs(LineFit.coefficients(horizon: horizon).reduce(0, +) - 1) < 1e-12)
        }
        #expect(throws: NowcastError.horizon(expectedAtMost: nil, found: 0)) {
            try LineFit().nowcast(history, horizon: 0, graph: nil)
        }
        // The average looks nowhere.
        for horizon in [1, 7] {
            #expect(try StateAverage().nowcast(history, horizon: horizon, graph: nil).array == [2, -3, 6])
        }
        #expect(!StateAverage().needsGraph && StateAverage().longestHorizon == nil)
    }

    /// Of five states one pair lies two apart behind the three that a step is made from, and none farther.
    @Test func theFittedStepLooksAsFarAsFiveStatesTell() throws {
        let history = try StateHistory((0..<5).map { t in [1 + Float(t)] }, parameters: ParameterList([("w", [1])]))
        #expect(FittedLine().longestHorizon == 2 && LineFit().longestHorizon == nil)
        let ahead = try FittedLine().nowcast(history, horizons: [1, 2], graph: nil).map(\.array)
        #expect(ahead[0][0] > 5.5 && ahead[1][0] > ahead[0][0] + 0.5)
        #expect(throws: NowcastError.horizon(expectedAtMost: 2, found: 3)) {
            try FittedLine().nowcast(history, horizon: 3, graph: nil)
        }
    }
}
