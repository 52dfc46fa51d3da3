import Tensors
import TestSupport

/// Uniform in 0.5 ..< 2.5, checked: for roots, logarithms and divisors.
private func positive(_ shape: Int..., seed: UInt64 = 1) -> GradientCheck.Input {
    var generator = SeededGenerator(seed: seed)
    return .checked(shape, generator.floats(shape.reduce(1, *)).map { $0 + 1.5 })
}

/// Whole numbers as float32, without a gradient.
private func whole(_ shape: [Int], _ values: [Float]) -> GradientCheck.Input { .fixed(shape, values) }

/// Values without a gradient.
private func still(_ input: GradientCheck.Input) -> GradientCheck.Input {
    .fixed(input.value.type.shape, input.value.floats.array)
}

/// Operations that programs traced from other libraries use.
let tracedCases =
    functionCases + broadcastCases + selectionCases + windowCases + biasedAttentionCases + recurrentCases

private let functionCases =
    ["exp", "expm1", "sin", "cos", "erf", "sigmoid", "softplus"].map { function in
        OperationCase(name: "unary", attributes: ["function": .text(function)]) { [random(2, 5)] }
    }
    + ["log", "log1p", "sqrt", "rsqrt", "reciprocal"].map { function in
        OperationCase(name: "unary", attributes: ["function": .text(function)]) { [positive(2, 5)] }
    } + [
        OperationCase(name: "unary", attributes: ["function": .text("abs")]) { [awayFromZero(2, 5)] },
        OperationCase(name: "unary", attributes: ["function": .text("floor")]) { [still(spread(2, 5))] },
        OperationCase(name: "toFloat") { [.integers([2, 3], [0, 4, 2, 5, 3, 1])] },
    ]

private let broadcastCases = [
    OperationCase(name: "add") { [random(2, 3, 4), random(3, 1, seed: 2)] },
    OperationCase(name: "add") { [random(3, 1), random(2, 3, 4, seed: 2)] },
    OperationCase(name: "mul") { [random(2, 3, 4), random(2, 1, 4, seed: 2)] },
    OperationCase(name: "mul") { [random(4), random(2, 3, 1, seed: 2)] },
    OperationCase(name: "binary", attributes: ["function": .text("divide")]) { [random(2, 3, 4), positive(3, 1)] },
    OperationCase(name: "binary", attributes: ["function": .text("power")]) {
        [positive(2, 3), positive(2, 1, seed: 2)]
    },
    OperationCase(name: "binary", attributes: ["function": .text("maximum")]) { [spread(2, 3), still(random(1, 3))] },
    OperationCase(name: "binary", attributes: ["function": .text("minimum")]) { [still(random(3)), spread(2, 3)] },
    OperationCase(name: "binary", attributes: ["function": .text("less")]) {
        [still(spread(2, 3)), still(spread(2, 3, seed: 2))]
    },
    OperationCase(name: "where") { [whole([2, 3], [1, 0, 0, 1, 0, 1]), random(2, 3), random(1, 3, seed: 2)] },
    OperationCase(name: "broadcast", attributes: ["shape": .integers([2, 3, 4])]) { [random(3, 1)] },
    OperationCase(name: "rotaryTable") { [random(2, 3, 5, 4), random(5, 4, seed: 2), random(5, 4, seed: 3)] },
    OperationCase(name: "layerNorm") { [random(3, 6)] },
]

private let selectionCases = [
    OperationCase(name: "reduce", attributes: ["function": .text("sum"), "axes": .integers([0, 2])]) {
        [random(2, 3, 4)]
    },
    OperationCase(
        name: "reduce", attributes: ["function": .text("max"), "axes": .integers([1]), "keepAxes": .integer(1)]
    ) { [spread(2, 3, 4)] },
    OperationCase(name: "reduce", attributes: ["function": .text("min"), "axes": .integers([2])]) { [spread(2, 3, 4)] },
    OperationCase(name: "cumulativeSum", attributes: ["axis": .integer(1)]) { [random(2, 4, 3)] },
    OperationCase(
        name: "pad",
        attributes: ["axis": .integer(1), "before": .integer(2), "behind": .integer(1), "value": .real(0.5)]
    ) { [random(2, 3, 2)] },
    OperationCase(name: "gather", attributes: ["axis": .integer(1)]) {
        [random(2, 4, 3), whole([1, 3, 1], [2, 0, 2])]
    },
    OperationCase(name: "gather", attributes: ["axis": .integer(2)]) {
        [random(2, 2, 4), whole([2, 2, 3], [2, 0, 2, 1, 1, 3, 0, 3, 2, 3, 1, 0])]
    },
    OperationCase(name: "argmax", attributes: ["axis": .integer(1)]) { [still(spread(3, 5))] },
    OperationCase(name: "topK", attributes: ["count": .integer(2)]) { [spread(3, 5)] },
    OperationCase(name: "topKScatter", attributes: ["count": .integer(2)]) { [still(spread(3, 5)), random(3, 2)] },
    OperationCase(name: "embedding") { [whole([2, 3], [0, 4, 2, 4, 4, 1]), random(5, 3)] },
]

private let windowCases = [
    OperationCase(name: "conv2d", attributes: ["dilation": .integers([2, 1]), "padding": .integer(1)]) {
        [random(2, 2, 6, 4), random(3, 2, 3, 2, seed: 2), random(3)]
    },
    OperationCase(name: "conv2d", attributes: ["groups": .integer(3), "stride": .integer(2)]) {
        [random(2, 3, 5, 5), random(3, 1, 3, 3, seed: 2)]
    },
    OperationCase(name: "conv1d", attributes: ["padding": .integers([2, 1]), "dilation": .integer(2)]) {
        [random(2, 2, 7), random(3, 2, 3, seed: 2), random(3)]
    },
    OperationCase(name: "conv1d", attributes: ["groups": .integer(4), "stride": .integer(2)]) {
        [random(2, 4, 6), random(4, 1, 3, seed: 2)]
    },
    OperationCase(name: "convTranspose2d", attributes: ["stride": .integer(2), "padding": .integers([1, 0])]) {
        [random(2, 2, 3, 4), random(2, 3, 3, 2, seed: 2), random(3)]
    },
    OperationCase(
        name: "convTranspose2d",
        attributes: [
            "stride": .integers([2, 3]), "outputPadding": .integers([1, 2]), "dilation": .integer(2),
            "groups": .integer(2),
        ]
    ) { [random(2, 4, 2, 3), random(4, 1, 2, 2, seed: 2)] },
    OperationCase(name: "convTranspose1d", attributes: ["stride": .integer(2), "padding": .integer(1)]) {
        [random(2, 2, 4), random(2, 3, 4, seed: 2), random(3)]
    },
]

private let biasedAttentionCases = [
    // Other key lengths, values of another width.
    OperationCase(name: "attention", attributes: ["heads": .integer(2)]) {
        [random(2, 3, 4), random(2, 5, 4, seed: 2), random(2, 5, 6, seed: 3)]
    },
    OperationCase(name: "attention", attributes: ["heads": .integer(4), "kvHeads": .integer(2)]) {
        [random(2, 3, 8), random(2, 3, 4, seed: 2), random(2, 3, 4, seed: 3), random(2, 4, 3, 3, seed: 4)]
    },
    OperationCase(name: "attention", attributes: ["heads": .integer(2)]) {
        [random(2, 3, 4), random(2, 3, 4, seed: 2), random(2, 3, 4, seed: 3), random(2, 1, 3, seed: 4)]
    },
    OperationCase(
        name: "attention", attributes: ["heads": .integer(2), "causal": .integer(1), "window": .integer(2)]
    ) {
        [random(2, 5, 4), random(2, 5, 4, seed: 2), random(2, 5, 4, seed: 3), random(5, 5, seed: 4)]
    },
]

private let recurrentCases = [
    OperationCase(name: "recurrent", attributes: ["cell": .text("lstm")]) {
        [random(2, 3, 4), random(12, 4), random(12, 3, seed: 2), random(12), random(12, seed: 2)]
    },
    OperationCase(name: "recurrent", attributes: ["cell": .text("lstm"), "reverse": .integer(1)]) {
        [random(2, 2, 2), random(8, 2), random(8, 2, seed: 2)]
    },
    OperationCase(name: "recurrent", attributes: ["cell": .text("gru")]) {
        [random(2, 3, 4), random(9, 4), random(9, 3, seed: 2), random(9), random(9, seed: 2)]
    },
    OperationCase(name: "recurrent", attributes: ["cell": .text("tanh"), "reverse": .integer(1)]) {
        [random(2, 3, 4), random(3, 4), random(3, 3, seed: 2), random(3), random(3, seed: 2)]
    },
    OperationCase(name: "recurrent", attributes: ["cell": .text("relu")]) {
        [random(2, 3, 2), positive(3, 2), positive(3, 3, seed: 2), positive(3), positive(3, seed: 2)]
    },
]
