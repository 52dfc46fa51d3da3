import CKernels
import NeuralGraphs
import Tensors

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

/// The scaling of every parameter.
public struct StateScaling: Sendable, Equatable {
    /// In the order of the parameter list.
    public let tensors: [TensorScaling]

    private static let chunk = 1 << 16

    /// One pass over the states; sums in double precision, in an order that depends on the sizes alone.
    public init(_ source: some StateSource) {
        let pieces = source.parameters.entries.enumerated().flatMap { index, entry in
            stride(from: 0, to: entry.count, by: Self.chunk).map {
                (parameter: index, first: $0, count: min(Self.chunk, entry.count - $0))
            }
        }
        // Deviations from the tensor's first scalar: exact for a constant tensor, and no digits lost where the mean is
        // large.
        let shifts = source.parameters.entries.indices.map { Self.firstScalar(of: $0, in: source) }
        var partial = [Double](repeating: 0, count: pieces.count * 2)
        partial.withUnsafeMutableBufferPointer { partial in
            nonisolated(unsafe) let partial = partial
            Parallel.forEach(pieces.count) { index in
                let piece = pieces[index]
                let patch = ScalarPatch(
                    parameter: piece.parameter, first: piece.first, rows: 1, rowStride: 0, columns: piece.count,
                    columnStride: 1)
                let sums = partial.baseAddress! + index * 2
                withUnsafeTemporaryAllocation(of: Float.self, capacity: piece.count) { buffer in
                    for state in 0..<StateHistory.contextLength {
                        source.read(patch, state: state, into: buffer.baseAddress!, stride: piece.count)
                        nino_shifted_sums(buffer.baseAddress!, Int64(piece.count), shifts[piece.parameter], sums)
                    }
                }
            }
        }
        var sums = [(first: Double, second: Double)](repeating: (0, 0), count: shifts.count)
        for (index, piece) in pieces.enumerated() {
            sums[piece.parameter].first += partial[index * 2]
            sums[piece.parameter].second += partial[index * 2 + 1]
        }
        tensors = zip(source.parameters.entries, zip(shifts, sums)).map { entry, moments in
            let count = Double(entry.count * StateHistory.contextLength)
            let (shift, (first, second)) = moments
            let variance = max(0, second - first * first / count) / (count - 1)
            return TensorScaling(mean: shift + first / count, deviation: variance.squareRoot())
        }
    }

    private static func firstScalar(of parameter: Int, in source: some StateSource) -> Double {
        var value: Float = 0
        source.read(
            ScalarPatch(parameter: parameter, first: 0, rows: 1, rowStride: 0, columns: 1, columnStride: 1), state: 0,
            into: &value, stride: 1)
        return Double(value)
    }
}
