import CKernels
import Checkpoints
import NeuralGraphs

/// Five states of a model in checkpoint files, read piece by piece where they are needed.
///
/// Memory: a few hundred kilobytes a thread, whatever the size of the files. What is read contiguously (as the
/// statistics do with every scalar, first of all) is checked to be finite.
public final class FileHistory: StateSource {
    public let parameters: ParameterList
    private let history: History
    /// Names in the files, in the order of the list.
    private let names: [String]

    /// Scalars read at once.
    private static let span = 1 << 16
    /// A row that begins at most this many bytes after the one before is read together with what lies between.
    private static let nearBytes = 2048

    /// - Parameters:
    ///   - history: checked to hold the named tensors with the sizes of the list.
    ///   - names: names in the files of the list's parameters, in its order.
    public init(_ history: History, names: [String], parameters: ParameterList) {
        precondition(
            names.count == parameters.entries.count, "\(names.count) names for \(parameters.entries.count) parameters")
        (self.history, self.names, self.parameters) = (history, names, parameters)
    }

    public func read(_ patch: ScalarPatch, state: Int, into output: UnsafeMutablePointer<Float>, stride: Int)
        throws(CheckpointError)
    {
        guard patch.isContiguous(stride: stride) else {
            return try readRows(patch, state: state, into: output, stride: stride)
        }
        let range = patch.first..<(patch.first + patch.rows * patch.columns)
        try history.read(
            names[patch.parameter], range, of: state,
            into: UnsafeMutableBufferPointer(start: output, count: range.count))
    }

    /// Reads rows that lie near each other in one piece, others by themselves.
    private func readRows(_ patch: ScalarPatch, state: Int, into output: UnsafeMutablePointer<Float>, stride: Int)
        throws(CheckpointError)
    {
        let (checkpoint, name) = (history.states[state], names[patch.parameter])
        let rowSpan = (patch.columns - 1) * patch.columnStride + 1
        let isNear = patch.rowStride * (checkpoint[name]?.dtype.size ?? 1) <= Self.nearBytes
        let together = isNear && patch.rowStride > 0 ? max(1, (Self.span - rowSpan) / patch.rowStride + 1) : 1
        if together == 1 && patch.columnStride == 1 {
            for row in 0..<patch.rows {
                let first = patch.first + row * patch.rowStride
                try checkpoint.read(
                    name, first..<(first + patch.columns),
                    into: UnsafeMutableBufferPointer(start: output + row * stride, count: patch.columns))
            }
            return
        }
        let scratch = UnsafeMutableBufferPointer<Float>.allocate(capacity: max(rowSpan, Self.span))
        defer { scratch.deallocate() }
        for rows in (0..<patch.rows).pieces(of: together) {
            let first = patch.first + rows.lowerBound * patch.rowStride
            let count = (rows.count - 1) * patch.rowStride + rowSpan
            try checkpoint.read(
                name, first..<(first + count), into: UnsafeMutableBufferPointer(rebasing: scratch[..<count]))
            nino_gather(
                scratch.baseAddress!, Int64(rows.count), Int64(patch.rowStride), Int64(patch.columns),
                Int64(patch.columnStride),
                output + rows.lowerBound * stride, Int64(stride))
        }
    }
}
