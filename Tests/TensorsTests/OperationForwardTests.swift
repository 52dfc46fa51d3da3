import Foundation
import Tensors
import TestSupport
import Testing

/// Forward passes against their definitions in double precision.
@Suite struct OperationForwardTests {
    private let x = randomTensor([3, 4, 5], seed: 1)
    private let weight = randomTensor([5], seed: 2)
    private let bias = randomTensor([5], seed: 3)

    /// For results of order 1 from a few float32 operations: measured below 5e-7.
    private let tolerance = 2e-6

    private func rows(_ tensor: Tensor) -> [[Double]] {
        stride(from: 0, to: tensor.count, by: tensor.shape.last!).map { first in
            tensor.array[first..<(first + tensor.shape.last!)].map(Double.init)
        }
    }

    @Test func softmaxIsNormalizedExponential() throws {
        let expected = rows(x).flatMap { row in row.map { exp($0) / row.reduce(0) { $0 + exp($1) } } }
        #expect(largestDifference(try evaluate("softmax", [.float(x)]).array, expected) < tolerance)
        let wrong = rows(x).flatMap { row in row.map { exp($0) / row.reduce(1e-3) { $0 + exp($1) } } }
        #expect(largestDifference(try evaluate("softmax", [.float(x)]).array, wrong) > tolerance)
    }

    @Test func softmaxOfHugeLogitsStaysFinite() throws {
        let y = try evaluate("softmax", [.float(Tensor(shape: [1, 3], values: [1e30, 1e30, -1e30]))])
        #expect(y.array == [0.5, 0.5, 0])
    }

    @Test func layerNormCentersAndScales() throws {
        let expected = { (epsilon: Double) in
            self.rows(self.x).flatMap { row in
                let mean = row.reduce(0, +) / 5
                let variance = row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 5
                return row.indices.map {
                    (row[$0] - mean) / (variance + epsilon).squareRoot() * Double(self.weight.values[$0])
                        + Double(self.bias.values[$0])
                }
            }
        }
        let y = try evaluate("layerNorm", [.float(x), .float(weight), .float(bias)], ["epsilon": .real(0.01)])
        #expect(largestDifference(y.array, expected(0.01)) < tolerance)
        #expect(largestDifference(y.array, expected(0.0101)) > tolerance)
    }

    @Test func rmsNormScales() throws {
        let expected = rows(x).flatMap { row in
            let meanSquare = row.reduce(0) { $0 + $1 * $1 } / 5
            return row.indices.map { row[$0] / (meanSquare + 1e-6).squareRoot() * Double(weight.values[$0]) }
        }
        #expect(largestDifference(try evaluate("rmsNorm", [.float(x), .float(weight)]).array, expected) < tolerance)
        #expect(largestDifference(try evaluate("rmsNorm", [.float(x), .float(bias)]).array, expected) > tolerance)
        let ones = Tensor(shape: [5], values: [1, 1, 1, 1, 1])
        let plain = try evaluate("rmsNorm", [.float(x)]).array
        #expect(plain == (try evaluate("rmsNorm", [.float(x), .float(ones)]).array))
        #expect(plain != (try evaluate("rmsNorm", [.float(x), .float(weight)]).array))
    }

    @Test func crossEntropyIsTheMeanOverLabelledRows() throws {
        let labels: [Int64] = [0, 3, -100, 4, 1, 1, 2, -100, 0, 4, 2, 3]
        let losses = zip(rows(x), labels).filter { $0.1 != -100 }.map { row, label in
            log(row.reduce(0) { $0 + exp($1) }) - row[Int(label)]
        }
        let inputs: [Value] = [.float(x), .integer(IntegerTensor(shape: [3, 4], values: labels))]
        let loss = try evaluate("crossEntropy", inputs)
        #expect(loss.shape == [])
        #expect(largestDifference(loss.array, [losses.reduce(0, +) / 10]) < tolerance)
        #expect(largestDifference(loss.array, [losses.reduce(0, +) / 12]) > tolerance)
    }

    /// Relative, over both tails. Nearer zero than 1e-30 float32 has no such accuracy left.
    @Test(arguments: ["silu", "gelu", "gelu tanh"])
    func activationsAreAccurateToOnePartInAMillion(name: String) throws {
        let values = (-2000...2000).map { Float($0) * 0.005 }
        let exact: (Double) -> Double =
            switch name {
            case "silu": { $0 / (1 + exp(-$0)) }
            case "gelu": { 0.5 * $0 * erfc(-$0 / 2.0.squareRoot()) }
            default: { $0 / (1 + exp(-2 * (2 / Double.pi).squareRoot() * ($0 + 0.044715 * $0 * $0 * $0))) }
            }
        let attributes: [String: OpAttribute] = name == "gelu tanh" ? ["approximation": .text("tanh")] : [:]
        let y = try evaluate(
            name == "silu" ? "silu" : "gelu", [.float(Tensor(shape: [values.count], values: values))], attributes)
        var worst = 0.0
        for (value, found) in zip(values, y.values) where abs(exact(Double(value))) > 1e-30 {
            worst = max(worst, abs(Double(found) / exact(Double(value)) - 1))
        }
        #expect(worst < 1e-6, "relative error \(worst)")
        #expect(worst > 1e-9, "float32 cannot be this accurate")
    }

    @Test func activationsOfHugeNumbersAreZeroOrTheNumber() throws {
        let x = Value.float(Tensor(shape: [4], values: [1e20, -1e20, 3e38, -3e38]))
        let tanh: [String: OpAttribute] = ["approximation": .text("tanh")]
        for y in try [evaluate("gelu", [x]), evaluate("gelu", [x], tanh), evaluate("silu", [x]), evaluate("relu", [x])]
        {
            #expect(y.array == [1e20, 0, 3e38, 0])
        }
    }

    @Test func notANumberStaysSo() throws {
        let x = Value.float(Tensor(shape: [2], values: [.nan, 1]))
        for name in ["relu", "gelu", "silu", "softmax"] { #expect(try evaluate(name, [x]).array[0].isNaN) }
    }

    @Test func batchNormWhileTrainingMovesTheRunningStatistics() throws {
        let x = randomTensor([4, 2, 3], seed: 5)
        let mean = Tensor(shape: [2], values: [0.5, -0.5]), variance = Tensor(shape: [2], values: [2, 3])
        let y = try evaluate(
            "batchNorm",
            [
                .float(x), .float(Tensor(shape: [2], values: [2, 3])), .float(Tensor(shape: [2], values: [1, -1])),
                .float(mean), .float(variance),
            ], training: true)
        for channel in 0..<2 {
            let positions = (0..<4).flatMap { n in (0..<3).map { (n * 2 + channel) * 3 + $0 } }
            let values = positions.map { Double(x.values[$0]) }
            let batchMean = values.reduce(0, +) / 12
            let squares = values.reduce(0) { $0 + ($1 - batchMean) * ($1 - batchMean) }
            let (factor, shift) = ([2.0, 3][channel], [1.0, -1][channel])
            let expected = values.map { ($0 - batchMean) / (squares / 12 + 1e-5).squareRoot() * factor + shift }
            #expect(largestDifference(positions.map { y.values[$0] }, expected) < tolerance)
            #expect(
                largestDifference([mean.values[channel]], [0.9 * [0.5, -0.5][channel] + 0.1 * batchMean]) < tolerance)
            let oldVariance = 0.9 * [2.0, 3][channel]
            #expect(largestDifference([variance.values[channel]], [oldVariance + 0.1 * squares / 11]) < tolerance)
            #expect(largestDifference([variance.values[channel]], [oldVariance + 0.1 * squares / 12]) > tolerance)
        }
    }

    @Test func batchNormInInferenceUsesAndKeepsTheRunningStatistics() throws {
        let mean = Tensor(shape: [4], values: [0.5, -0.5, 0, 1]), variance = Tensor(shape: [4], values: [2, 3, 1, 0.5])
        let one = Value.float(Tensor(shape: [4], values: [1, 1, 1, 1])), zero = Value.float(Tensor(shape: [4]))
        let y = try evaluate("batchNorm", [.float(x), one, zero, .float(mean), .float(variance)])
        let expected = x.array.enumerated().map { index, value in
            (Double(value) - Double(mean.values[index / 5 % 4]))
                / (Double(variance.values[index / 5 % 4]) + 1e-5).squareRoot()
        }
        #expect(largestDifference(y.array, expected) < tolerance)
        #expect(mean.array == [0.5, -0.5, 0, 1] && variance.array == [2, 3, 1, 0.5])
    }

    @Test func batchNormOfOneValueAChannelIsAnErrorWhileTraining() {
        let inputs = [[1, 4], [4], [4], [4], [4]].map { Value.float(randomTensor($0, seed: 1)) }
        #expect(
            throws: TensorError.operationFailed(
                operation: "batchNorm",
                message: "expected more than 1 value per channel while training, found shape [1, 4]")
        ) {
            try evaluate("batchNorm", inputs, training: true)
        }
    }

    @Test func movementsPutEachElementInItsPlace() throws {
        let x = Value.float(Tensor(shape: [2, 3], values: [0, 1, 2, 3, 4, 5]))
        #expect(try evaluate("transpose", [x], ["axes": .integers([1, 0])]).array == [0, 3, 1, 4, 2, 5])
        #expect(
            try evaluate("slice", [x], ["axis": .integer(1), "start": .integer(1), "end": .integer(3)]).array == [
                1, 2, 4, 5,
            ])
        #expect(try evaluate("concat", [x, x], ["axis": .integer(1)]).array == [0, 1, 2, 0, 1, 2, 3, 4, 5, 3, 4, 5])
        #expect(try evaluate("reshape", [x], ["shape": .integers([3, 2])]).array == [0, 1, 2, 3, 4, 5])
        let ids = Value.integer(IntegerTensor(shape: [3], values: [1, 0, 1]))
        #expect(try evaluate("embedding", [ids, x]).array == [3, 4, 5, 0, 1, 2, 3, 4, 5])
    }

    @Test func poolingTakesMeansAndMaxima() throws {
        let x = Value.float(Tensor(shape: [1, 1, 3, 4], values: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, -12]))
        #expect(try evaluate("maxPool2d", [x], ["kernel": .integer(2)]).array == [6, 8])
        #expect(try evaluate("averagePool2d", [x], ["kernel": .integer(2)]).array == [3.5, 5.5])
        let padded: [String: OpAttribute] = ["kernel": .integer(3), "stride": .integer(2), "padding": .integer(1)]
        let sums: [Float] = [14, 30, 30, 30]
        #expect(try evaluate("averagePool2d", [x], padded).array == sums.map { $0 / 9 })
        #expect(try evaluate("maxPool2d", [x], padded).array == [6, 8, 10, 11])
        #expect(try evaluate("globalAveragePool", [x]).array == [4.5])
        #expect(try evaluate("mean", [x], ["axes": .integers([3])]).array == [2.5, 6.5, 4.5])
    }
}
