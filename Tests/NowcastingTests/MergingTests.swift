import Foundation
import NeuralGraphs
import Nowcasting
import TestSupport
import Testing

/// Against numpy: Tests/Fixtures/merging.py writes merging.json.
@Suite struct MergingTests {
    private struct Fixture: Decodable {
        let cases: [Case]
    }

    private struct Case: Decodable, StateSource {
        let shapes: [[Int]]
        let density, weight: Double
        let base: [Float]
        let models: [[Float]]
        let mean, arithmetic, ties: [Float]

        var parameters: ParameterList { ParameterList(shapes.enumerated().map { ("t\($0)", $1) }) }

        func read(_ patch: ScalarPatch, state: Int, into output: UnsafeMutablePointer<Float>, stride: Int) {
            let values = state == 0 ? base : models[state - 1]
            let first = parameters.entries[patch.parameter].offset + patch.first
            for row in 0..<patch.rows {
                for column in 0..<patch.columns {
                    output[row * stride + column] = values[first + row * patch.rowStride + column * patch.columnStride]
                }
            }
        }
    }

    private func cases() throws -> [Case] {
        let path = BuiltProducts.repository.appendingPathComponent("Tests/Fixtures/merging.json")
        let cases = try JSONDecoder().decode(Fixture.self, from: Data(contentsOf: path)).cases
        #expect(cases.count == 3)
        return cases
    }

    private func merged(_ source: Case, _ merger: some Merger) throws -> [Float] {
        let sink = VectorSink(source.parameters)
        try merger.merge(source, models: source.models.count, graph: nil, into: sink, options: NowcastOptions())
        return sink.values.array
    }

    private func error(_ found: [Float], _ expected: [Float]) -> Double {
        let largest = expected.reduce(0) { max($0, Double($1.magnitude)) }
        return zip(found, expected).reduce(0) { max($0, abs(Double($1.0) - Double($1.1))) } / largest
    }

    @Test func meanArithmeticAndTIESAreThoseOfNumpy() throws {
        for source in try cases() {
            #expect(try error(merged(source, MeanMerge()), source.mean) < 1e-6)
            #expect(try error(merged(source, TaskArithmetic(weight: source.weight)), source.arithmetic) < 1e-6)
            let ties = TIES(weight: source.weight, density: source.density)
            #expect(try error(merged(source, ties), source.ties) < 1e-6)
            // Twins: another weight, another density, another method.
            #expect(try error(merged(source, TaskArithmetic(weight: source.weight + 0.1)), source.arithmetic) > 1e-3)
            let sparser = TIES(weight: source.weight, density: source.density / 2)
            #expect(try error(merged(source, sparser), source.ties) > 1e-3)
            #expect(try error(merged(source, MeanMerge()), source.ties) > 1e-3)
        }
    }

    /// Merging the mean by arithmetic with λ = 1/n is the mean.
    @Test func arithmeticHoldsTheMean() throws {
        for source in try cases() {
            let half = TaskArithmetic(weight: 1 / Double(source.models.count))
            #expect(try error(merged(source, half), source.mean) < 1e-6)
        }
    }

    /// A line through base, A, B, B, A, and the mean of what it says one and four states ahead.
    @Test func aNowcastSeesBaseABBA() throws {
        let source = try cases()[0]
        let found = try merged(source, NowcastMerge(.lineFit, horizons: [1, 4]))
        let weights = zip(LineFit.coefficients(horizon: 1), LineFit.coefficients(horizon: 4)).map { ($0 + $1) / 2 }
        let expected = source.base.indices.map { index in
            let (a, b) = (Double(source.models[0][index]), Double(source.models[1][index]))
            let ends = weights[0] * Double(source.base[index]) + (weights[1] + weights[4]) * a
            return Float(ends + (weights[2] + weights[3]) * b)
        }
        #expect(error(found, expected) < 1e-6)
        // Three models stand in an order of their own, and five are too many.
        #expect(try merged(cases()[1], NowcastMerge(.lineFit)).allSatisfy(\.isFinite))
        #expect(throws: NowcastError.setting(name: "models", expected: "2 to 4, for linefit", found: "5")) {
            try NowcastMerge(.lineFit).merge(
                source, models: 5, graph: nil, into: VectorSink(source.parameters), options: NowcastOptions())
        }
    }
}
