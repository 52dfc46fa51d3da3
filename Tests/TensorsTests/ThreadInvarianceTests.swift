import Tensors
import TestSupport
import Testing

/// Results must not depend on the number of threads, to the bit.
@Suite(.serialized) struct ThreadInvarianceTests {
    /// A network with every kind of step that sums over images or rows.
    private func convolutionalNetwork() throws -> Program {
        var program = Program()
        var x = try program.input("pixels", .float32, [37, 3, 16, 16])
        for (index, (inputs, outputs, groups)) in [(3, 8, 1), (8, 12, 1), (12, 12, 3)].enumerated() {
            let weight = try program.parameter("\(index).weight", [outputs, inputs / groups, 3, 3])
            let bias = try program.parameter("\(index).bias", [outputs])
            let attributes: [String: OpAttribute] = [
                "stride": .integer(index == 0 ? 2 : 1), "padding": .integer(1), "groups": .integer(groups),
            ]
            x = try program.apply("conv2d", [x, weight, bias], attributes)
            let statistics = try [
                program.buffer("\(index).mean", [outputs]), program.buffer("\(index).variance", [outputs]),
            ]
            let scales = try [
                program.parameter("\(index).scale", [outputs]), program.parameter("\(index).shift", [outputs]),
            ]
            x = try program.apply("batchNorm", [x] + scales + statistics)
            x = try program.apply("relu", [x])
        }
        x = try program.apply("globalAveragePool", [x])
        x = try program.apply(
            "linear", [x, program.parameter("last.weight", [600, 12]), program.parameter("last.bias", [600])])
        x = try program.apply(
            "layerNorm", [x, program.parameter("norm.weight", [600]), program.parameter("norm.bias", [600])])
        try program.output("loss", program.apply("crossEntropy", [x, program.input("labels", .int64, [37])]))
        try program.output("logits", x)
        return program
    }

    /// Outputs and gradients with a number of threads.
    private func run(threads: Int) throws -> [[Float]] {
        let before = Parallel.threads
        defer { Parallel.threads = before }
        Parallel.threads = threads
        let program = try convolutionalNetwork()
        let evaluator = Evaluator(program)
        evaluator.training = true
        var gradients: [Tensor] = []
        for (index, name) in program.parameterNames.enumerated() {
            let shape = try program.shape(of: program.value(named: name)!)
            gradients.append(Tensor(shape: shape))
            try evaluator.bind(
                parameter: name, to: randomTensor(shape, seed: UInt64(index)), gradient: gradients[index])
        }
        let buffers = try program.bufferNames.map { Tensor(shape: try program.shape(of: program.value(named: $0)!)) }
        for (name, buffer) in zip(program.bufferNames, buffers) { try evaluator.bind(buffer: name, to: buffer) }
        let labels = IntegerTensor(shape: [37], values: (0..<37).map { Int64($0 * 16) })
        try evaluator.run(inputs: [
            "pixels": .float(randomTensor([37, 3, 16, 16], seed: 100)), "labels": .integer(labels),
        ])
        try evaluator.backward(from: "loss")
        return try [evaluator.value(of: "logits").array, evaluator.value(of: "loss").array] + gradients.map(\.array)
            + buffers.map(\.array)
    }

    @Test(arguments: [2, 3, 8])
    func numberOfThreadsChangesNoBit(threads: Int) throws {
        let one = try run(threads: 1)
        #expect(one == (try run(threads: threads)))
        #expect(one.allSatisfy { $0.allSatisfy(\.isFinite) })
    }

    @Test func matrixProductIsTheSameOnAnyNumberOfThreads() {
        let before = Parallel.threads
        defer { Parallel.threads = before }
        let a = randomTensor([301, 257], seed: 1), b = randomTensor([257, 190], seed: 2)
        Parallel.threads = 1
        let one = matmul(a, b).array
        Parallel.threads = 4
        #expect(one == matmul(a, b).array)
    }

    /// The twin: a sum whose tiles follow the number of threads is not the same.
    @Test func sumCutByThreadsDiffers() {
        let x = randomTensor([100_000], seed: 1)
        let sum = { (tiles: Int) in
            (0..<tiles).reduce(Float(0)) { total, tile in
                total + x.values[(tile * x.count / tiles)..<((tile + 1) * x.count / tiles)].reduce(0, +)
            }
        }
        #expect(sum(1) != sum(2))
    }
}
