import Tensors
import TestSupport
import Testing

@Suite struct ConvolutionTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let input, weight, stride, padding: [Int]
        var groups = 1
        var hasBias = true

        var attributes: [String: OpAttribute] {
            ["stride": .integers(stride), "padding": .integers(padding), "groups": .integer(groups)]
        }
        var testDescription: String { "\(input) * \(weight), stride \(stride), padding \(padding), groups \(groups)" }
    }

    static let cases = [
        Case(input: [3, 1, 28, 28], weight: [16, 1, 3, 3], stride: [2, 2], padding: [0, 0]),
        Case(input: [2, 16, 13, 13], weight: [32, 16, 3, 3], stride: [1, 1], padding: [1, 1]),
        Case(input: [2, 5, 15, 11], weight: [20, 5, 3, 3], stride: [1, 1], padding: [1, 1], hasBias: false),
        Case(input: [2, 3, 9, 17], weight: [7, 3, 5, 5], stride: [1, 1], padding: [2, 2]),
        Case(input: [2, 3, 4, 4], weight: [5, 3, 1, 1], stride: [1, 1], padding: [0, 0]),
        Case(input: [2, 3, 8, 25], weight: [5, 3, 2, 4], stride: [1, 1], padding: [0, 1, 1, 2]),
        Case(input: [2, 3, 8, 25], weight: [5, 3, 3, 3], stride: [2, 2], padding: [1, 1]),
        Case(input: [2, 2, 5, 5], weight: [3, 2, 3, 3], stride: [1, 1], padding: [4, 4]),
        Case(input: [2, 3, 12, 12], weight: [5, 3, 4, 4], stride: [4, 4], padding: [0, 0]),
        Case(input: [2, 3, 9, 9], weight: [4, 3, 3, 2], stride: [2, 1], padding: [1, 0]),
        Case(input: [2, 4, 7, 7], weight: [6, 2, 3, 3], stride: [1, 1], padding: [1, 1], groups: 2),
        Case(input: [2, 3, 7, 7], weight: [3, 1, 3, 3], stride: [2, 2], padding: [1, 1], groups: 3),
    ]

    /// Sums of at most 144 products of numbers below 1: measured 1e-6.
    static let tolerance = 1e-5

    /// The definition, in double precision. `padding` is [vertical, horizontal] or [top, left, bottom, right].
    static func reference(_ example: Case, _ x: Tensor, _ weight: Tensor, _ bias: Tensor?, outputShape: [Int])
        -> [Double]
    {
        let (channels, height, width) = (example.input[1], example.input[2], example.input[3])
        let (outputs, inner, kernelHeight, kernelWidth) = (
            weight.shape[0], weight.shape[1], weight.shape[2], weight.shape[3]
        )
        var result: [Double] = []
        for n in 0..<outputShape[0] {
            for o in 0..<outputShape[1] {
                for y in 0..<outputShape[2] {
                    for column in 0..<outputShape[3] {
                        var sum = Double(bias?.values[o] ?? 0)
                        for c in 0..<inner {
                            let channel = o / (outputs / example.groups) * inner + c
                            for ky in 0..<kernelHeight {
                                for kx in 0..<kernelWidth {
                                    let (sy, sx) = (
                                        y * example.stride[0] + ky - example.padding[0],
                                        column * example.stride[1] + kx - example.padding[1]
                                    )
                                    guard sy >= 0, sy < height, sx >= 0, sx < width else { continue }
                                    sum +=
                                        Double(x.values[((n * channels + channel) * height + sy) * width + sx])
                                        * Double(
                                            weight.values[((o * inner + c) * kernelHeight + ky) * kernelWidth + kx])
                                }
                            }
                        }
                        result.append(sum)
                    }
                }
            }
        }
        return result
    }

    @Test(arguments: cases)
    func forwardAgreesWithTheDefinition(_ example: Case) throws {
        let x = randomTensor(example.input, seed: 1), weight = randomTensor(example.weight, seed: 2)
        let bias = example.hasBias ? randomTensor([example.weight[0]], seed: 3) : nil
        let inputs: [Value] = [.float(x), .float(weight)] + (bias.map { [.float($0)] } ?? [])
        let y = try evaluate("conv2d", inputs, example.attributes)
        #expect(
            largestDifference(y.array, Self.reference(example, x, weight, bias, outputShape: y.shape)) < Self.tolerance)
        // The twin: one weight moved by a hundredth shows.
        weight.values[0] += 0.01
        #expect(
            largestDifference(y.array, Self.reference(example, x, weight, bias, outputShape: y.shape)) > Self.tolerance)
    }

    /// The convolution is linear in image and weights, so ⟨G, y⟩ = ⟨gradient of W, W⟩ + ⟨gradient of b, b⟩ = ⟨gradient
    /// of x, x⟩ + ⟨G, bias⟩.
    @Test(arguments: cases)
    func gradientsAreAdjointToTheForwardPass(_ example: Case) throws {
        let x = randomTensor(example.input, seed: 1), weight = randomTensor(example.weight, seed: 2),
            bias = randomTensor([example.weight[0]], seed: 3)
        var program = Program()
        let ids = try [
            program.parameter("x", x.shape), program.parameter("weight", weight.shape),
            program.parameter("bias", bias.shape),
        ]
        try program.output("y", program.apply("conv2d", ids, example.attributes))
        let evaluator = Evaluator(program)
        let gradients = [x, weight, bias].map { Tensor(shape: $0.shape) }
        for (name, (tensor, gradient)) in zip(["x", "weight", "bias"], zip([x, weight, bias], gradients)) {
            try evaluator.bind(parameter: name, to: tensor, gradient: gradient)
        }
        try evaluator.run(inputs: [:])
        let y = try evaluator.value(of: "y")
        let seed = randomTensor(y.shape, seed: 4)
        try evaluator.backward(from: "y", seed: seed)
        let whole = dot(seed, y)
        let biasPart = dot(gradients[2], bias)
        // Sums of up to 10,000 products: measured error below 1e-4.
        #expect(abs(dot(gradients[1], weight) + biasPart - whole) < 1e-3)
        #expect(abs(dot(gradients[0], x) + biasPart - whole) < 1e-3)
        // The twin: 0.01 too much shows.
        #expect(abs(dot(gradients[0], x) + biasPart + 0.01 - whole) > 1e-3)
    }

    private func dot(_ a: Tensor, _ b: Tensor) -> Double {
        zip(a.values, b.values).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }

    @Test func fusedReLUChangesNoBit() throws {
        func run(keepsValueBetween: Bool) throws -> [[Float]] {
            var program = Program()
            let weight = randomTensor([6, 2, 3, 3], seed: 1), bias = randomTensor([6], seed: 2)
            let x = try program.constant(.float(randomTensor([3, 2, 9, 9], seed: 3)))
            let between = try program.apply(
                "conv2d", [x, program.parameter("weight", weight.shape), program.parameter("bias", bias.shape)])
            let y = try program.apply("relu", [between])
            // Whoever asks for the value between prevents the fusion.
            if keepsValueBetween { try program.output("between", between) }
            try program.output("y", y)
            let evaluator = Evaluator(program)
            let gradients = [Tensor(shape: weight.shape), Tensor(shape: bias.shape)]
            try evaluator.bind(parameter: "weight", to: weight, gradient: gradients[0])
            try evaluator.bind(parameter: "bias", to: bias, gradient: gradients[1])
            try evaluator.run(inputs: [:])
            let output = try evaluator.value(of: "y")
            try evaluator.backward(from: "y", seed: randomTensor(output.shape, seed: 4))
            return [output.array] + gradients.map(\.array)
        }
        let fused = try run(keepsValueBetween: false)
        #expect(fused == (try run(keepsValueBetween: true)))
        #expect(fused[0].contains(0) && fused[0].contains { $0 > 0 })
    }
}
