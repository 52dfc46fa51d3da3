import NeuralGraphs
import Nowcasting
import TestSupport
import Testing

@Suite struct ScalingTests {
    @Test func meanAndDeviationAreThoseOfAllElementsAndStates() throws {
        let parameters = ParameterList([("a", [3, 2]), ("b", [200_000])])
        let history = try SampleNetwork.history(parameters, seed: 1)
        for (entry, scaling) in zip(parameters.entries, try StateScaling(history).tensors) {
            let all = history.states.flatMap { state in entry.range.map { Double(state.values[$0]) } }
            let mean = all.reduce(0, +) / Double(all.count)
            let deviation = (all.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(all.count - 1)).squareRoot()
            #expect(abs(scaling.mean - mean) < 1e-12)
            #expect(abs(scaling.deviation - deviation) < 1e-12)
        }
    }

    @Test func smallDeviationsAroundALargeMeanKeepTheirDigits() throws {
        let parameters = ParameterList([("norm", [4])])
        let states = (0..<5).map { t in (0..<4).map { 1 + Float(t - $0) * Float(0.0001) } }
        let all = states.flatMap { $0.map(Double.init) }
        let mean = all.reduce(0, +) / 20
        let deviation = (all.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 19).squareRoot()
        let scaling = try StateScaling(StateHistory(states, parameters: parameters)).tensors[0]
        #expect(abs(scaling.deviation - deviation) < 1e-12 * deviation)
    }

    @Test func constantAndOneElementTensorsStayFinite() throws {
        var builder = GraphBuilder()
        let a = builder.nodes("a", 1), b = builder.nodes("b", 3)
        builder.linear("constant", a, b)
        builder.linear("one", a, builder.nodes("c", 1))
        let graph = try builder.graph()
        let states = (0..<5).map { [0.7, 0.7, 0.7, Float($0) * 0.1] as [Float] }
        let history = try StateHistory(states, parameters: graph.parameters)
        let input = try GraphInput(graph)
        let nowcasters: [any Nowcaster] = [
            StreamedNetwork(try SampleNetwork.graph(SampleNetwork.graphWeights(seed: 1))),
            WNN(try SampleNetwork.scalar(SampleNetwork.scalarWeights(seed: 1))), .lineFit,
        ]
        for nowcaster in nowcasters {
            let result = try nowcaster.nowcast(history, horizon: 3, graph: input).array
            for value in result { #expect(value.isFinite) }
            for value in result[..<3] { #expect(abs(value - 0.7) < 1e-6) }
            #expect(result[3] != 0.4)
        }
    }

    @Test func historiesOfTheWrongSizeAreRefused() {
        let parameters = ParameterList([("a", [2])])
        #expect(throws: NowcastError.stateCount(expected: 5, found: 4)) {
            try StateHistory([[Float]](repeating: [0, 0], count: 4), parameters: parameters)
        }
        #expect(throws: NowcastError.stateLength(state: 0, expected: 2, found: 1)) {
            try StateHistory([[Float]](repeating: [0], count: 5), parameters: parameters)
        }
    }
}
