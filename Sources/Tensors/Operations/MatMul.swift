/// Matrix product of the last two axes, for each index of the leading ones.
///
/// Inputs: a [..., m, k], b [..., k, n] with the same leading axes, or b [k, n] for all. Output: [..., m, n].
/// Attributes `transposeA`, `transposeB` (integer 0 or 1, default 0): the last two axes come as [k, m], [n, k].
struct MatMul: RegisteredOperation {
    static let name = "matmul"
    static let attributeNames = ["transposeA", "transposeB"]

    private let transposeA: Bool
    private let transposeB: Bool

    init(_ attributes: OperationAttributes) throws(TensorError) {
        transposeA = try attributes.flag("transposeA", default: false)
        transposeB = try attributes.flag("transposeB", default: false)
    }

    func outputShape(inputs: [ValueType]) throws(TensorError) -> [Int] {
        try requireFloats(inputs, count: 2...2)
        let (a, b) = (inputs[0].shape, inputs[1].shape)
        try require(a.count >= 2, inputs, 0, "at least 2 axes")
        let rows = a[a.count - (transposeA ? 1 : 2)]
        let inner = a[a.count - (transposeA ? 2 : 1)]
        let lead = Array(a.dropLast(2))
        try require(
            b.count == 2 || (b.count == a.count && Array(b.dropLast(2)) == lead), inputs, 1,
            "the leading axes \(lead), or 2 axes")
        try require(b[b.count - (transposeB ? 1 : 2)] == inner, inputs, 1, "inner size \(inner)")
        return lead + [rows, b[b.count - (transposeB ? 2 : 1)]]
    }

    private struct Sizes {
        let batch, m, n, k: Int
        /// Elements from one matrix of b to the next; 0 where one serves for all.
        let stepB: Int
    }

    private func sizes(_ inputs: [Value], _ output: Tensor) -> Sizes {
        let (a, b) = (inputs[0].floats, inputs[1].floats)
        let (m, n) = (output.shape[output.shape.count - 2], output.shape[output.shape.count - 1])
        let k = a.shape[a.shape.count - (transposeA ? 2 : 1)]
        return Sizes(batch: output.count / (m * n), m: m, n: n, k: k, stepB: b.shape.count == 2 ? 0 : k * n)
    }

    func axisFlow(inputs: [ValueType]) -> AxisFlow {
        var flow = AxisFlowBuilder()
        let (a, b) = (inputs[0].shape, inputs[1].shape)
        let lead = flow.indices(a.dropLast(2))
        let m = flow.index(a[a.count - (transposeA ? 1 : 2)])
        let k = flow.index(a[a.count - (transposeA ? 2 : 1)])
        let n = flow.index(b[b.count - (transposeB ? 2 : 1)])
        return flow.make(
            [lead + (transposeA ? [k, m] : [m, k]), lead.prefix(b.count - 2) + (transposeB ? [n, k] : [k, n])],
            lead + [m, n])
    }

    func forward(_ inputs: [Value], into output: Tensor, context: OperationContext) throws(TensorError) {
        let size = sizes(inputs, output)
        let (a, b) = (inputs[0].floats.address, inputs[1].floats.address)
        forEachMatrix(size.batch) { index in
            gemm(
                transposeA: transposeA, transposeB: transposeB, m: size.m, n: size.n, k: size.k,
                a + index * size.m * size.k, lda: transposeA ? size.m : size.k,
                b + index * size.stepB, ldb: transposeB ? size.k : size.n, output.address + index * size.m * size.n,
                ldc: size.n)
        }
    }

    func pullback(
        _ gradient: Tensor, output: Tensor, inputs: [Value], into targets: [GradientTarget?],
        context: OperationContext
    ) throws(TensorError) {
        let size = sizes(inputs, output)
        let (a, b, dy) = (inputs[0].floats.address, inputs[1].floats.address, gradient.address)
        let (lda, ldb) = (transposeA ? size.m : size.k, transposeB ? size.k : size.n)
        if let target = targets[0] {
            forEachMatrix(size.batch) { index in
                let (dC, B, dA) = (
                    dy + index * size.m * size.n, b + index * size.stepB, target.address + index * size.m * size.k
                )
                if transposeA {  // Aᵀ in memory: its gradient is op(B) · dCᵀ
                    gemm(
                        transposeA: transposeB, transposeB: true, m: size.k, n: size.m, k: size.n,
                        B, lda: ldb, dC, ldb: size.n, beta: target.beta, dA, ldc: lda)
                } else {
                    gemm(
                        transposeB: !transposeB, m: size.m, n: size.k, k: size.n, dC, lda: size.n, B, ldb: ldb,
                        beta: target.beta, dA, ldc: lda)
                }
            }
        }
        guard let target = targets[1] else { return }
        let pullbackB = { (index: Int, beta: Float) in
            let (dC, A, dB) = (
                dy + index * size.m * size.n, a + index * size.m * size.k, target.address + index * size.stepB
            )
            if transposeB {  // Bᵀ in memory: its gradient is dCᵀ · op(A)
                gemm(
                    transposeA: true, transposeB: transposeA, m: size.n, n: size.k, k: size.m,
                    dC, lda: size.n, A, ldb: lda, beta: beta, dB, ldc: ldb)
            } else {
                gemm(
                    transposeA: !transposeA, m: size.k, n: size.n, k: size.m, A, lda: lda, dC, ldb: size.n, beta: beta,
                    dB, ldc: ldb)
            }
        }
        if size.stepB == 0 {
            for index in 0..<size.batch { pullbackB(index, index == 0 ? target.beta : 1) }
        } else {
            forEachMatrix(size.batch) { pullbackB($0, target.beta) }
        }
    }

    /// Over the matrices of a batch: threads share them if there are several, else each product is tiled.
    private func forEachMatrix(_ batch: Int, _ body: (Int) -> Void) {
        Parallel.forEach(batch, body)
    }
}
