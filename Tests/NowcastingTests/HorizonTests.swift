import NeuralGraphs
import Nowcasting
import TestSupport
import Testing

@Suite struct HorizonTests {
    /// Values of neural-graphs.md 2.
    @Test func horizonsAreThoseOfTheText() {
        #expect(HorizonSchedule(period: 1000, maxTrainSteps: 10000).horizons == [40, 33, 26, 21, 16, 11, 8, 5, 3, 1])
        #expect(HorizonSchedule(period: 1000, maxTrainSteps: 6000).horizons == [40, 28, 18, 10, 4, 1])
        #expect(HorizonSchedule(period: 1000, maxTrainSteps: 999).horizons == [40])
        #expect(HorizonSchedule(period: 1000, maxTrainSteps: 2000).horizons == [40, 1])
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
}
