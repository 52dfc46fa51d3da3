import Tensors
import TestSupport
import Testing

/// One configuration of an operation with small inputs, for checks of its gradient.
struct OperationCase: Sendable, CustomTestStringConvertible {
    let name: String
    var attributes: [String: OpAttribute] = [:]
    var training = false
    let inputs: @Sendable () -> [GradientCheck.Input]

    var testDescription: String {
        "\(name) \(attributes.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }) training=\(training)"
    }

    func check(wrongInput: Int? = nil) throws -> GradientCheck {
        let operation = try Program.operation(name, attributes)
        guard let wrongInput else { return try GradientCheck(operation, inputs(), training: training) }
        return try GradientCheck(WrongPullback(operation, wrongInput: wrongInput), inputs(), training: training)
    }
}

/// Uniform in -1 ..< 1, checked.
func random(_ shape: Int..., seed: UInt64 = 1) -> GradientCheck.Input {
    var generator = SeededGenerator(seed: seed &+ UInt64(shape.count))
    return .checked(shape, generator.floats(shape.reduce(1, *)))
}

/// At least 0.1 from zero, so that no step of a finite difference crosses the kink of a ReLU.
func awayFromZero(_ shape: Int..., seed: UInt64 = 1) -> GradientCheck.Input {
    var generator = SeededGenerator(seed: seed)
    return .checked(shape, generator.floats(shape.reduce(1, *)).map { $0 + ($0 < 0 ? -0.1 : 0.1) })
}

/// Values 0.1 apart in mixed order, so that no step changes which is the largest.
func spread(_ shape: Int..., seed: UInt64 = 1) -> GradientCheck.Input {
    var generator = SeededGenerator(seed: seed)
    let count = shape.reduce(1, *)
    return .checked(shape, (0..<count).map { Float($0) * 0.1 - Float(count) * 0.05 }.shuffled(using: &generator))
}

let operationCases: [OperationCase] =
    matrixCases + movementCases + elementwiseCases + normCases + spatialCases + sequenceCases + tracedCases

private let matrixCases = [
    OperationCase(name: "linear") { [random(2, 3, 4), random(5, 4), random(5)] },
    OperationCase(name: "linear") { [random(3, 4), random(5, 4, seed: 2)] },
    OperationCase(name: "linear", attributes: ["layout": .text("inFirst")]) {
        [random(3, 4), random(4, 5, seed: 2), random(5)]
    },
    OperationCase(name: "matmul") { [random(2, 3, 4), random(2, 4, 5, seed: 2)] },
    OperationCase(name: "matmul", attributes: ["transposeA": .integer(1)]) {
        [random(2, 4, 3), random(2, 4, 5, seed: 2)]
    },
    OperationCase(name: "matmul", attributes: ["transposeB": .integer(1)]) {
        [random(2, 3, 4), random(2, 5, 4, seed: 2)]
    },
    OperationCase(name: "matmul", attributes: ["transposeA": .integer(1), "transposeB": .integer(1)]) {
        [random(2, 4, 3), random(2, 5, 4, seed: 2)]
    },
    OperationCase(name: "matmul") { [random(3, 2, 4), random(4, 2)] },
    OperationCase(name: "matmul", attributes: ["transposeA": .integer(1), "transposeB": .integer(1)]) {
        [random(3, 4, 2), random(5, 4)]
    },
]

private let movementCases = [
    OperationCase(name: "reshape", attributes: ["shape": .integers([3, -1])]) { [random(2, 3, 2)] },
    OperationCase(name: "transpose", attributes: ["axes": .integers([2, 0, 1])]) { [random(2, 3, 4)] },
    OperationCase(name: "slice", attributes: ["axis": .integer(1), "start": .integer(1), "end": .integer(3)]) {
        [random(2, 4, 3)]
    },
    OperationCase(name: "concat", attributes: ["axis": .integer(1)]) {
        [random(2, 1, 3), random(2, 2, 3), random(2, 3, 3)]
    },
    OperationCase(name: "embedding") { [.integers([2, 3], [0, 4, 2, 4, 4, 1]), random(5, 3)] },
]

private let elementwiseCases = [
    OperationCase(name: "add") { [random(2, 3, 4), random(3, 4)] },
    OperationCase(name: "add") { [random(2, 3), random(2, 3, seed: 2)] },
    OperationCase(name: "mul") { [random(2, 3, 4), random(4)] },
    OperationCase(name: "mul") { [random(2, 3), random(2, 3, seed: 2)] },
    OperationCase(name: "scale", attributes: ["factor": .real(-1.5)]) { [random(2, 3)] },
    OperationCase(name: "relu") { [awayFromZero(4, 5)] },
    OperationCase(name: "tanh") { [random(4, 5)] },
    OperationCase(name: "gelu") { [random(4, 5)] },
    OperationCase(name: "gelu", attributes: ["approximation": .text("tanh")]) { [random(4, 5)] },
    OperationCase(name: "silu") { [random(4, 5)] },
    OperationCase(name: "softmax") { [random(3, 5)] },
    OperationCase(name: "crossEntropy") { [random(4, 5), .integers([4], [0, 3, -100, 4])] },
    OperationCase(name: "mean", attributes: ["axes": .integers([0, 2])]) { [random(2, 3, 4)] },
    OperationCase(name: "mean", attributes: ["axes": .integers([1]), "keepAxes": .integer(1)]) { [random(2, 3, 4)] },
]

private let normCases = [
    OperationCase(name: "layerNorm") { [random(3, 6), random(6), random(6, seed: 2)] },
    OperationCase(name: "layerNorm", attributes: ["epsilon": .real(0.1)]) { [random(2, 2, 6), random(6)] },
    OperationCase(name: "rmsNorm") { [random(3, 6), random(6)] },
    OperationCase(name: "rmsNorm") { [random(2, 2, 6)] },
    OperationCase(name: "batchNorm", training: true) {
        [random(3, 2, 2, 2), random(2), random(2, seed: 2), .fixed([2], [0, 0]), .fixed([2], [1, 1])]
    },
    OperationCase(name: "batchNorm", training: true) {
        [random(6, 2), random(2), random(2, seed: 2), .fixed([2], [0, 0]), .fixed([2], [1, 1])]
    },
    OperationCase(name: "batchNorm") {
        [random(3, 2, 2, 2), random(2), random(2, seed: 2), .fixed([2], [0.1, -0.2]), .fixed([2], [1.5, 0.5])]
    },
]

private let spatialCases = [
    OperationCase(name: "conv2d") { [random(2, 2, 5, 4), random(3, 2, 3, 2), random(3)] },
    OperationCase(name: "conv2d", attributes: ["stride": .integers([2, 1]), "padding": .integer(1)]) {
        [random(2, 2, 5, 4), random(3, 2, 3, 3, seed: 2)]
    },
    OperationCase(name: "conv2d", attributes: ["padding": .integers([0, 1, 1, 2])]) {
        [random(2, 1, 4, 4), random(2, 1, 2, 2, seed: 2), random(2)]
    },
    OperationCase(name: "conv2d", attributes: ["groups": .integer(2), "padding": .integer(1)]) {
        [random(2, 4, 4, 4), random(6, 2, 3, 3, seed: 2), random(6)]
    },
    OperationCase(name: "averagePool2d", attributes: ["kernel": .integer(2)]) { [random(2, 2, 5, 4)] },
    OperationCase(
        name: "averagePool2d",
        attributes: ["kernel": .integers([3, 2]), "stride": .integer(1), "padding": .integer(1)]
    ) { [random(2, 2, 5, 4)] },
    OperationCase(name: "maxPool2d", attributes: ["kernel": .integer(2)]) { [spread(1, 2, 5, 4)] },
    OperationCase(
        name: "maxPool2d", attributes: ["kernel": .integer(3), "stride": .integer(2), "padding": .integer(1)]
    ) { [spread(2, 2, 4, 4)] },
    OperationCase(name: "globalAveragePool") { [random(2, 3, 2, 4)] },
]

private let sequenceCases = [
    OperationCase(name: "attention", attributes: ["heads": .integer(2)]) {
        [random(2, 3, 8), random(2, 3, 8, seed: 2), random(2, 3, 8, seed: 3)]
    },
    OperationCase(
        name: "attention",
        attributes: ["heads": .integer(6), "kvHeads": .integer(2), "causal": .integer(1), "scale": .real(1.5)]
    ) {
        [random(2, 4, 12), random(2, 4, 4, seed: 2), random(2, 4, 4, seed: 3)]
    },
    // More positions than rows of one block.
    OperationCase(name: "attention", attributes: ["heads": .integer(1), "causal": .integer(1)]) {
        [random(1, 130, 1), random(1, 130, 1, seed: 2), random(1, 130, 1, seed: 3)]
    },
    OperationCase(name: "rotary", attributes: ["width": .integer(4), "theta": .real(10)]) { [random(2, 3, 8)] },
    OperationCase(name: "rotary", attributes: ["width": .integer(4), "theta": .real(10), "inverse": .integer(1)]) {
        [random(2, 3, 8)]
    },
    OperationCase(
        name: "rotary",
        attributes: [
            "width": .integer(8), "theta": .real(100), "factor": .real(8), "lowFactor": .real(1),
            "highFactor": .real(4), "positions": .integer(32),
        ]
    ) { [random(1, 5, 8)] },
    OperationCase(name: "expand", attributes: ["count": .integer(3)]) { [random(2, 4)] },
    OperationCase(name: "embedding", attributes: ["paddingIndex": .integer(5)]) {
        [.integers([2, 3], [0, 4, 2, 4, 4, 1]), random(5, 3)]
    },
    OperationCase(name: "crossEntropy", attributes: ["shift": .integer(1)]) {
        [random(2, 3, 4), .integers([2, 3], [3, 0, 2, 1, -100, 3])]
    },
]
