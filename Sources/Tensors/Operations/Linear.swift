import CKernels

/// y = x · Wᵀ + b.
///
/// Inputs: x [..., in], weight, bias [out] (optional). Output: [..., out].
/// Attribute `layout` (text): "outFirst" (default, weight [out, in], PyTorch's Linear) or "inFirst" (weight [in, out],
/// GPT-2's Conv1D).
struct Linear: RegisteredOperation {
    static let name = "linear"
    static let attributeNames = ["layout"]

    private let isOutFirst: Bool
    private var hasReLU = false

    init(_ attributes: OperationAttributes) throws(TensorError) {
        isOutFirst = try attributes.text("layout", default: "outFirst", allowed: ["outFirst", "inFirst"]) == "outFirst"
    }

    func outputShape(inputs: [ValueType]) throws(TensorError) -> [Int] {
        try requireFloats(inputs, count: 2...3)
        let x = inputs[0].shape
        let weight = inputs[1].shape
        try require(!x.isEmpty, inputs, 0, "[..., in]")
        let expected = isOutFirst ? "[out, \(x.last!)]" : "[\(x.last!), out]"
        try require(weight.count == 2 && weight[isOutFirst ? 1 : 0] == x.last!, inputs, 1, expected)
        let outputs = weight[isOutFirst ? 0 : 1]
        if inputs.count == 3 { try require(inputs[2].shape == [outputs], inputs, 2, "[\(outputs)]") }
        return x.dropLast() + [outputs]
    }

    func fusedWithReLU() -> (any Operation)? {
        guard !hasReLU else { return nil }
        var copy = self
        copy.hasReLU = true
        return copy
    }

    /// Rows of x, inputs and outputs of the layer, and elements from row to row of the weight.
    private func sizes(_ x: Tensor, _ output: Tensor) -> (rows: Int, inputs: Int, outputs: Int, weightStride: Int) {
        let inputs = x.shape.last!
        let outputs = output.shape.last!
        return (x.count / inputs, inputs, outputs, isOutFirst ? inputs : outputs)
    }

    func axisFlow(inputs: [ValueType]) -> AxisFlow {
        var flow = AxisFlowBuilder()
        let lead = flow.indices(inputs[0].shape.dropLast())
        let (x, y) = (flow.index(inputs[0].shape.last!), flow.index(inputs[1].shape[isOutFirst ? 0 : 1]))
        return flow.make([lead + [x], isOutFirst ? [y, x] : [x, y], [y]].prefix(inputs.count).map { $0 }, lead + [y])
    }

    func forward(_ inputs: [Value], into output: Tensor, context: OperationContext) throws(TensorError) {
        let x = inputs[0].floats
        let size = sizes(x, output)
        let y = output.address
        if inputs.count == 3 {
            let bias = inputs[2].floats.values
            for row in 0..<size.rows { (y + row * size.outputs).update(from: bias.baseAddress!, count: size.outputs) }
        }
        gemm(
            transposeB: isOutFirst, m: size.rows, n: size.outputs, k: size.inputs, x.address, lda: size.inputs,
            inputs[1].floats.address, ldb: size.weightStride, beta: inputs.count == 3 ? 1 : 0, y, ldc: size.outputs)
        if hasReLU { elementwise(output.count) { nino_relu(y + $0, y + $0, $1) } }
    }

    func pullback(
        _ gradient: Tensor, output: Tensor, inputs: [Value], into targets: [GradientTarget?],
        context: OperationContext
    ) throws(TensorError) {
        let x = inputs[0].floats
        let size = sizes(x, output)
        var dy = UnsafePointer(gradient.address)
        if hasReLU {
            let masked = try context.transient(0, count: gradient.count)
            elementwise(gradient.count) {
                nino_relu_pullback(output.address + $0, gradient.address + $0, masked + $0, $1, 0)
            }
            dy = UnsafePointer(masked)
        }
        if let target = targets[0] {
            gemm(
                transposeB: !isOutFirst, m: size.rows, n: size.inputs, k: size.outputs, dy, lda: size.outputs,
                inputs[1].floats.address, ldb: size.weightStride, beta: target.beta, target.address, ldc: size.inputs)
        }
        if let target = targets[1] {
            if isOutFirst {
                gemm(
                    transposeA: true, m: size.outputs, n: size.inputs, k: size.rows, dy, lda: size.outputs,
                    x.address, ldb: size.inputs, beta: target.beta, target.address, ldc: size.inputs)
            } else {
                gemm(
                    transposeA: true, m: size.inputs, n: size.outputs, k: size.rows, x.address, lda: size.inputs,
                    dy, ldb: size.outputs, beta: target.beta, target.address, ldc: size.outputs)
            }
        }
        if inputs.count == 3, let target = targets[2] {
            columnSums(dy, rows: size.rows, columns: size.outputs, into: target)
        }
    }
}
