import Tensors

/// A matrix among the weights of a network: where it lies in the flat buffer of weights, and in that of gradients.
struct WeightView: Hashable, Sendable {
    let offset: Int
    let inputs: Int
    let outputs: Int
    /// Elements from one row in memory to the next.
    let stride: Int
    /// True for rows of inputs, as in a checkpoint's layers; false for [inputs, outputs].
    let isOutFirst: Bool

    var rows: Int { isOutFirst ? outputs : inputs }
    var columns: Int { isOutFirst ? inputs : outputs }

    /// The layer on its first inputs.
    func first(inputs count: Int) -> WeightView {
        WeightView(offset: offset, inputs: count, outputs: outputs, stride: stride, isOutFirst: isOutFirst)
    }

    /// The layer to its first outputs.
    func first(outputs count: Int) -> WeightView {
        WeightView(offset: offset, inputs: inputs, outputs: count, stride: stride, isOutFirst: isOutFirst)
    }

    /// y = x W, or y += x W, on the calling thread; x [rows, inputs], y [rows, outputs].
    func apply(
        _ weights: UnsafePointer<Float>, _ x: UnsafePointer<Float>, rows count: Int,
        into y: UnsafeMutablePointer<Float>, accumulate: Bool = false
    ) {
        serialGemm(
            transposeB: isOutFirst, m: count, n: outputs, k: inputs, x, lda: inputs, weights + offset, ldb: stride,
            beta: accumulate ? 1 : 0, y, ldc: outputs)
    }

    /// y = x W + bias, on the calling thread.
    func apply(
        _ weights: UnsafePointer<Float>, bias: UnsafePointer<Float>, _ x: UnsafePointer<Float>, rows count: Int,
        into y: UnsafeMutablePointer<Float>
    ) {
        for row in 0..<count { (y + row * outputs).update(from: bias, count: outputs) }
        apply(weights, x, rows: count, into: y, accumulate: true)
    }

    /// dx = dy Wᵀ, or dx += dy Wᵀ.
    func pullBack(
        _ weights: UnsafePointer<Float>, _ dy: UnsafePointer<Float>, rows count: Int,
        into dx: UnsafeMutablePointer<Float>, accumulate: Bool = false
    ) {
        serialGemm(
            transposeB: !isOutFirst, m: count, n: inputs, k: outputs, dy, lda: outputs, weights + offset, ldb: stride,
            beta: accumulate ? 1 : 0, dx, ldc: inputs)
    }
}
