import Glibc

/// Hyperbolic tangent.
///
/// Input: x, any shape. Output: as x. No attributes.
struct Tanh: ActivationOperation {
    static let name = "tanh"
    static let attributeNames: [String] = []

    init(_ attributes: OperationAttributes) throws(TensorError) {}

    func apply(_ x: UnsafePointer<Float>, _ y: UnsafeMutablePointer<Float>, _ count: Int64) {
        for i in 0..<Int(count) { y[i] = tanh(x[i]) }
    }

    func applyPullback(
        x: UnsafePointer<Float>, y: UnsafePointer<Float>, dy: UnsafePointer<Float>, dx: UnsafeMutablePointer<Float>,
        count: Int64, accumulate: Int32
    ) {
        for i in 0..<Int(count) {
            let slope = (1 - y[i] * y[i]) * dy[i]
            dx[i] = accumulate == 0 ? slope : dx[i] + slope
        }
    }
}
