import CKernels

/// Scaling of one parameter tensor: mean and standard deviation over all its elements and all five states.
/// Source: nino-model.md 2.
public struct TensorScaling: Sendable, Equatable {
    public let mean: Double
    /// Unbiased.
    public let deviation: Double

    /// Keeps constant tensors finite; absent on the way back.
    public static let epsilon = 1e-6

    /// (w − mean)/(deviation + ε), in place. The mean is subtracted in two parts, as a weight near it would lose digits
    /// to rounding.
    func scale(_ values: UnsafeMutablePointer<Float>, rows: Int, columns: Int, stride: Int) {
        let high = Float(mean)
        nino_standardize(
            values, Int64(rows), Int64(columns), Int64(stride), high, Float(mean - Double(high)),
            Float(1 / (deviation + Self.epsilon)))
    }

    /// y · deviation + mean.
    func unscale(_ value: Float) -> Float {
        Float(Double(value) * deviation + mean)
    }
}
