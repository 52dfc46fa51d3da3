import CKernels
import NeuralGraphs
import Tensors

/// The scaling of every parameter.
public struct StateScaling: Sendable, Equatable {
    /// In the order of the parameter list.
    public let tensors: [TensorScaling]

    private static let chunk = 1 << 16

    /// Pieces that ranks deal out and tell each other the sums of, for so many scalars.
    static func pieceCount(_ scalars: Int) -> Int { scalars / chunk + 1 }

    /// One pass over the states; sums in double precision, in an order that depends on the sizes alone.
    ///
    /// - Parameter ranks: each reads a part.
    /// - Throws: what the source throws.
    public init(_ source: some StateSource, ranks: any Communicator = SingleProcess()) throws {
        let pieces = source.parameters.entries.enumerated().flatMap { index, entry in
            stride(from: 0, to: entry.count, by: Self.chunk).map {
                (parameter: index, first: $0, count: min(Self.chunk, entry.count - $0))
            }
        }
        // Deviations from the tensor's first scalar: exact for a constant tensor, and no digits lost where the mean is
        // large.
        let shifts = try source.parameters.entries.indices.map { try Self.firstScalar(of: $0, in: source) }
        var partial = [Double](repeating: 0, count: pieces.count * 2)
        let shares = ranks.shares(of: pieces.count)
        try partial.withUnsafeMutableBufferPointer { partial in
            nonisolated(unsafe) let partial = partial
            try TaskRunner().forEach(Array(shares[ranks.rank])) { index, scratch in
                let piece = pieces[index]
                let patch = ScalarPatch(
                    parameter: piece.parameter, first: piece.first, rows: 1, rowStride: 0, columns: piece.count,
                    columnStride: 1)
                let sums = partial.baseAddress! + index * 2
                let values = scratch.floats(.channels, piece.count)
                for state in 0..<StateHistory.contextLength {
                    try source.read(patch, state: state, into: values, stride: piece.count)
                    nino_shifted_sums(values, Int64(piece.count), shifts[piece.parameter], sums)
                }
            }
        }
        try ranks.allGather(&partial, shares.map { ($0.lowerBound * 2)..<($0.upperBound * 2) })
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

    private static func firstScalar(of parameter: Int, in source: some StateSource) throws -> Double {
        var value: Float = 0
        try source.read(
            ScalarPatch(parameter: parameter, first: 0, rows: 1, rowStride: 0, columns: 1, columnStride: 1), state: 0,
            into: &value, stride: 1)
        return Double(value)
    }
}
