import Foundation
import NeuralGraphs
import Nowcasting
import TestSupport
import Testing

/// Against numpy's singular value decomposition: Tests/Fixtures/rank1.py writes rank1.json.
@Suite struct RankOneLineTests {
    private struct Fixture: Decodable {
        let cases: [Case]
    }

    private struct Case: Decodable {
        struct Tensor: Decodable {
            let shape: [Int]
            let states: [[Float]]
            let predictions: [[Float]]
        }

        let steps: [Int]
        let to: [Int]
        let tensors: [Tensor]

        var parameters: ParameterList { ParameterList(tensors.enumerated().map { ("t\($0)", $1.shape) }) }

        func state(_ index: Int) -> [Float] { tensors.flatMap { $0.states[index] } }
    }

    /// Any number of states in memory.
    private struct Source: StateSource {
        let parameters: ParameterList
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

    private func cases() throws -> [Case] {
        let path = BuiltProducts.repository.appendingPathComponent("Tests/Fixtures/rank1.json")
        let cases = try JSONDecoder().decode(Fixture.self, from: Data(contentsOf: path)).cases
        #expect(cases.count == 3)
        return cases
    }

    private func predict(_ case_: Case, steps: [Int]) throws -> [[Float]] {
        let sinks = case_.to.map { _ in VectorSink(case_.parameters) }
        let source = Source(parameters: case_.parameters, states: case_.steps.indices.map(case_.state))
        _ = try SteppedCombiner(RankOneLine(), steps: steps).nowcast(
            source, horizons: case_.to.map { $0 - steps[steps.count - 1] }, graph: nil, into: sinks,
            options: NowcastOptions())
        return sinks.map(\.values.array)
    }

    @Test func predictionsAreThoseOfASingularValueDecomposition() throws {
        for case_ in try cases() {
            let last = case_.state(case_.steps.count - 1)
            let found = try predict(case_, steps: case_.steps)
            // The twin: the same states at other times.
            let count = case_.steps.count
            let others = try predict(case_, steps: case_.steps.enumerated().map { $1 - 40 * (count - 1 - $0) })
            for index in case_.to.indices {
                let expected = case_.tensors.flatMap { $0.predictions[index].map(Double.init) }
                #expect(relativeError(found[index], expected, last: last) < 1e-6)
                #expect(relativeError(others[index], expected, last: last) > 1e-3)
            }
        }
    }

    @Test func weightsThatNeverMoveStay() throws {
        let parameters = ParameterList([("a", [3])])
        let sink = VectorSink(parameters)
        let source = Source(parameters: parameters, states: [[Float]](repeating: [1, -2, 0], count: 4))
        let measures = try SteppedCombiner(RankOneLine(), steps: [0, 1, 2, 3]).nowcast(
            source, horizons: [5], graph: nil, into: [sink], options: NowcastOptions())
        #expect(sink.values.array == [1, -2, 0] && measures.map(\.change) == [0])
    }

    @Test func stepsMustRise() throws {
        #expect(throws: NowcastError.setting(name: "steps", expected: "rising numbers", found: "0,2,2")) {
            try SteppedCombiner(RankOneLine(), steps: [0, 2, 2])
        }
        #expect(throws: NowcastError.setting(name: "steps", expected: "at least 3, for rank1", found: "0,2")) {
            try SteppedCombiner(RankOneLine(), steps: [0, 2])
        }
        #expect(try SteppedCombiner(RankOneLine(), steps: [-5, 2, 3]).steps == [-5, 2, 3])
        #expect(try SteppedCombiner(RankOneLine(), steps: [.min, 0, .max]).canForecast(.max))
    }
}
