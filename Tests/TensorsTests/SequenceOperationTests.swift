import Foundation
import Tensors
import TestSupport
import Testing

/// Attention, rotary embedding and labels of the next position, against their formulas.
@Suite struct SequenceOperationTests {
    private func run(_ name: String, _ attributes: [String: OpAttribute], _ inputs: [Value]) throws -> [Float] {
        var program = Program()
        let ids = try inputs.map { try program.constant($0) }
        try program.output("y", program.apply(name, ids, attributes))
        let evaluator = Evaluator(program, purpose: .inference)
        try evaluator.run(inputs: [:])
        return try evaluator.value(of: "y").array
    }

    private func random(_ shape: [Int], seed: UInt64) -> Tensor {
        var generator = SeededGenerator(seed: seed)
        return Tensor(shape: shape, values: generator.floats(shape.reduce(1, *)))
    }

    /// softmax(QKᵀ/√d)V with loops and double precision.
    private func attention(_ q: Tensor, _ k: Tensor, _ v: Tensor, heads: Int, kvHeads: Int, causal: Bool) -> [Float] {
        let (batch, positions, width) = (q.shape[0], q.shape[1], q.shape[2] / heads)
        var y = [Float](repeating: 0, count: q.count)
        for b in 0..<batch {
            for head in 0..<heads {
                func at(_ tensor: Tensor, _ t: Int, _ head: Int, _ i: Int) -> Double {
                    Double(tensor.values[(b * positions + t) * tensor.shape[2] + head * width + i])
                }
                let other = head / (heads / kvHeads)
                for t in 0..<positions {
                    let seen = causal ? t + 1 : positions
                    let scores = (0..<seen).map { s in
                        exp(
                            (0..<width).reduce(0.0) { $0 + at(q, t, head, $1) * at(k, s, other, $1) }
                                / Double(width).squareRoot())
                    }
                    let sum = scores.reduce(0, +)
                    for i in 0..<width {
                        y[(b * positions + t) * q.shape[2] + head * width + i] = Float(
                            (0..<seen).reduce(0.0) { $0 + scores[$1] * at(v, $1, other, i) } / sum)
                    }
                }
            }
        }
        return y
    }

    /// 300 positions are three blocks of rows. Measured: 3e-7.
    @Test(arguments: [(5, 4, 2, true), (5, 4, 4, false), (300, 2, 1, true), (300, 2, 1, false), (1, 1, 1, true)])
    func attentionIsItsFormula(positions: Int, heads: Int, kvHeads: Int, causal: Bool) throws {
        let (q, k, v) = (
            random([2, positions, heads * 3], seed: 1), random([2, positions, kvHeads * 3], seed: 2),
            random([2, positions, kvHeads * 3], seed: 3)
        )
        let found = try run(
            "attention", ["heads": .integer(heads), "kvHeads": .integer(kvHeads), "causal": .integer(causal ? 1 : 0)],
            [.float(q), .float(k), .float(v)])
        for (a, b) in zip(found, attention(q, k, v, heads: heads, kvHeads: kvHeads, causal: causal)) {
            #expect(abs(a - b) < 3e-6)
        }
    }

    @Test func queriesAsKeysAndValuesCollectAllThreeGradients() throws {
        // The gradient of one tensor in three places is the sum of the gradients of three tensors.
        let x = random([1, 4, 6], seed: 4)
        func gradients(_ names: [String]) throws -> [[Float]] {
            var program = Program()
            let ids = try names.map { try program.value(named: $0) ?? program.parameter($0, x.shape) }
            try program.output("y", program.apply("attention", ids, ["heads": .integer(2), "causal": .integer(1)]))
            let evaluator = Evaluator(program)
            var gradients: [Tensor] = []
            for name in Set(names).sorted() {
                gradients.append(Tensor(shape: x.shape))
                try evaluator.bind(parameter: name, to: x, gradient: gradients.last!)
            }
            try evaluator.run(inputs: [:])
            try evaluator.backward(from: "y", seed: random(x.shape, seed: 8))
            return gradients.map(\.array)
        }
        let (one, three) = (try gradients(["x", "x", "x"])[0], try gradients(["q", "k", "v"]))
        for i in one.indices { #expect(abs(one[i] - (three[0][i] + three[1][i] + three[2][i])) < 1e-6) }
    }

    @Test(arguments: [1, 3])
    func attentionIsTheSameForAnyNumberOfThreads(threads: Int) throws {
        let inputs = (1...3).map { Value.float(random([3, 150, 8], seed: $0)) }
        let before = Parallel.threads
        defer { Parallel.threads = before }
        let first = try run("attention", ["heads": .integer(2), "causal": .integer(1)], inputs)
        Parallel.threads = threads
        #expect(try run("attention", ["heads": .integer(2), "causal": .integer(1)], inputs) == first)
    }

    @Test func rotationKeepsLengthsAndDependsOnDistanceAlone() throws {
        let (q, k) = (random([1, 1, 8], seed: 1).array, random([1, 1, 8], seed: 2).array)
        let repeated = { (x: [Float]) in Value.float(Tensor(shape: [1, 6, 8], values: (0..<6).flatMap { _ in x })) }
        let attributes: [String: OpAttribute] = ["width": .integer(8), "theta": .real(100)]
        let (turnedQ, turnedK) = (
            try run("rotary", attributes, [repeated(q)]), try run("rotary", attributes, [repeated(k)])
        )
        func product(_ t: Int, _ s: Int) -> Float {
            (0..<8).reduce(0) { $0 + turnedQ[t * 8 + $1] * turnedK[s * 8 + $1] }
        }
        for t in 2..<6 { #expect(abs(product(t, t - 2) - product(2, 0)) < 1e-5) }
        #expect(abs(product(2, 0) - product(0, 0)) > 1e-2)
    }

    @Test func inverseRotationTurnsBack() throws {
        let x = random([2, 5, 8], seed: 4)
        let attributes: [String: OpAttribute] = ["width": .integer(4), "theta": .real(100)]
        let turned = Tensor(shape: [2, 5, 8], values: try run("rotary", attributes, [.float(x)]))
        let back = try run("rotary", attributes.merging(["inverse": .integer(1)]) { $1 }, [.float(turned)])
        let twice = try run("rotary", attributes, [.float(turned)])
        func difference(_ y: [Float]) -> Float { zip(x.array, y).map { abs($0 - $1) }.max()! }
        #expect(difference(back) < 1e-6)
        #expect(difference(twice) > 0.1)
    }

    /// Wavelengths 2π·θ^(2i/d), positions 32: the first below 32/4 stays, the last above 32/1 is divided by the factor.
    @Test func llama3ScalingKeepsFastAndSlowsDownSlowFrequencies() throws {
        let ones = Value.float(Tensor(shape: [1, 2, 4], values: [0, 0, 0, 0, 1, 1, 0, 0]))
        let plain = try run("rotary", ["width": .integer(4), "theta": .real(10000)], [ones])
        let scaled = try run(
            "rotary",
            [
                "width": .integer(4), "theta": .real(10000), "factor": .real(8), "lowFactor": .real(1),
                "highFactor": .real(4), "positions": .integer(32),
            ], [ones])
        #expect(scaled[4] == plain[4] && abs(plain[6] - sin(1)) < 1e-6)
        #expect(abs(plain[7] - sin(0.01)) < 1e-7 && abs(scaled[7] - sin(0.01 / 8)) < 1e-7)
    }

    @Test func shiftedLabelsAreTheNextPositions() throws {
        let logits = random([2, 3, 5], seed: 6)
        let labels = IntegerTensor(shape: [2, 3], values: [4, 1, 2, 0, 3, -100])
        let shifted = try run("crossEntropy", ["shift": .integer(1)], [.float(logits), .integer(labels)])
        let moved = IntegerTensor(shape: [2, 3], values: [1, 2, -100, 3, -100, -100])
        #expect(shifted == (try run("crossEntropy", [:], [.float(logits), .integer(moved)])))
        #expect(shifted != (try run("crossEntropy", [:], [.float(logits), .integer(labels)])))
    }

    @Test func paddingIndexGetsNoGradient() throws {
        var program = Program()
        let ids = try program.constant(.integer(IntegerTensor(shape: [3], values: [0, 2, 2])))
        let table = try program.parameter("table", [3, 2])
        try program.output("y", program.apply("embedding", [ids, table], ["paddingIndex": .integer(2)]))
        let evaluator = Evaluator(program)
        let gradient = Tensor(shape: [3, 2])
        try evaluator.bind(
            parameter: "table", to: Tensor(shape: [3, 2], values: [1, 2, 3, 4, 5, 6]), gradient: gradient)
        try evaluator.run(inputs: [:])
        #expect(try evaluator.value(of: "y").array == [1, 2, 5, 6, 5, 6])
        try evaluator.backward(from: "y", seed: Tensor(shape: [3, 2], values: [1, 1, 1, 1, 1, 1]))
        #expect(gradient.array == [1, 1, 0, 0, 0, 0])
    }

    @Test(
        arguments: [
            (["heads": .integer(3), "kvHeads": .integer(2)], "kvHeads"), (["heads": .integer(0)], "heads"),
        ] as [([String: OpAttribute], String)])
    func headsThatDoNotFitAreRefused(attributes: [String: OpAttribute], name: String) throws {
        let error = #expect(throws: TensorError.self) { try Program.operation("attention", attributes) }
        #expect("\(error!)".contains(name))
    }
}
