import Tensors

/// Compares an operation's vector-Jacobian product with finite differences of its forward pass.
///
/// Storage is float32, so a difference of two forward passes carries a rounding error of about 1e-7 · |f| / step, and
/// the truncation error falls with the step. The five-point rule f' ≈ (8 (f(h) - f(-h)) - (f(2h) - f(-2h))) / 12h has a
/// truncation error of order h⁴, which allows a step of 0.02 where the two-point rule would need 0.001. For inputs of
/// order 1 both errors are then near 1e-6.
public struct GradientCheck {
    /// Largest error, relative to the largest gradient entry of the same input, that passes. Measured over the op set:
    /// at most 1e-5; a product that is one percent off is at 1e-2.
    public static let tolerance = 1e-4
    static let step: Float = 0.02

    public struct Input {
        public let value: Value
        /// Whether the gradient with respect to it is checked.
        public let isChecked: Bool

        public static func checked(_ shape: [Int], _ values: [Float]) -> Input {
            Input(value: .float(Tensor(shape: shape, values: values)), isChecked: true)
        }

        public static func fixed(_ shape: [Int], _ values: [Float]) -> Input {
            Input(value: .float(Tensor(shape: shape, values: values)), isChecked: false)
        }

        public static func integers(_ shape: [Int], _ values: [Int64]) -> Input {
            Input(value: .integer(IntegerTensor(shape: shape, values: values)), isChecked: false)
        }
    }

    private let evaluator: Evaluator
    private let inputs: [Input]
    private let gradients: [Tensor?]
    private let integers: [String: Value]
    private let seed: Tensor

    /// - Parameter training: the evaluator's mode.
    public init(_ operation: any Operation, _ inputs: [Input], training: Bool = false) throws {
        self.inputs = inputs
        var program = Program()
        var ids: [ValueID] = []
        var integers: [String: Value] = [:]
        for (index, input) in inputs.enumerated() {
            switch input.value {
            case .float(let tensor): ids.append(try program.parameter("p\(index)", tensor.shape))
            case .integer(let tensor):
                ids.append(try program.input("p\(index)", .int64, tensor.shape))
                integers["p\(index)"] = input.value
            }
        }
        let output = try program.apply(operation: operation, ids)
        try program.output("y", output)
        evaluator = Evaluator(program)
        evaluator.training = training
        gradients = inputs.map { $0.isChecked ? Tensor(shape: $0.value.type.shape) : nil }
        for (index, input) in inputs.enumerated() {
            if case .float(let tensor) = input.value {
                try evaluator.bind(parameter: "p\(index)", to: tensor, gradient: gradients[index])
            }
        }
        self.integers = integers
        let shape = try program.shape(of: output)
        var generator = SeededGenerator(seed: 99)
        seed = Tensor(shape: shape, values: generator.floats(shape.reduce(1, *)))
    }

    /// The seed's weighted sum of the outputs, in double precision.
    private func weightedOutput() throws -> Double {
        try evaluator.run(inputs: integers)
        let y = try evaluator.value(of: "y")
        return zip(seed.values, y.values).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }

    /// Largest error over all checked inputs, relative to the largest entry of each one's gradient.
    public func largestError() throws -> Double {
        _ = try weightedOutput()
        try evaluator.backward(from: "y", seed: seed)
        let found = gradients.map { $0?.array }
        var largest = 0.0
        for (input, gradient) in zip(inputs, found) {
            guard let gradient, case .float(let tensor) = input.value else { continue }
            let expected = try (0..<tensor.count).map { try difference(tensor, at: $0) }
            let scale = max(expected.reduce(0) { max($0, abs($1)) }, 1e-3)
            for (a, b) in zip(expected, gradient) {
                largest = max(largest, b.isNaN ? .infinity : abs(a - Double(b)) / scale)
            }
        }
        return largest
    }

    /// The five-point rule in one coordinate, with the steps that float32 really takes.
    private func difference(_ tensor: Tensor, at index: Int) throws -> Double {
        let original = tensor.values[index]
        defer { tensor.values[index] = original }
        let h = (original + Self.step) - original
        let f = { (offset: Float) in
            tensor.values[index] = original + offset
            return try weightedOutput()
        }
        return (8 * (try f(h) - f(-h)) - (try f(2 * h) - f(-2 * h))) / (12 * Double(h))
    }
}

/// An operation whose vector-Jacobian product is wrong by one percent in one input, for tests of the check itself.
public struct WrongPullback: Operation {
    private let right: any Operation
    private let wrongInput: Int

    public init(_ operation: any Operation, wrongInput: Int) {
        right = operation
        self.wrongInput = wrongInput
    }

    public var name: String { right.name }

    public func outputShape(inputs: [ValueType]) throws(TensorError) -> [Int] {
        try right.outputShape(inputs: inputs)
    }

    public func axisFlow(inputs: [ValueType]) -> AxisFlow { right.axisFlow(inputs: inputs) }

    public func forward(_ inputs: [Value], into output: Tensor, context: OperationContext) throws(TensorError) {
        try right.forward(inputs, into: output, context: context)
    }

    public func pullback(
        _ gradient: Tensor, output: Tensor, inputs: [Value], into targets: [GradientTarget?],
        context: OperationContext
    ) throws(TensorError) {
        try right.pullback(gradient, output: output, inputs: inputs, into: targets, context: context)
        guard let target = targets[wrongInput] else { return }
        for index in 0..<target.tensor.count { target.tensor.values[index] *= 1.01 }
    }
}
