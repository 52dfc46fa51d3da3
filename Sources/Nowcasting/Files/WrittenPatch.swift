import Checkpoints
import NeuralGraphs

/// Scalars that a sink has written, with the checksum of their bytes in the file, so that a resumed run can tell
/// whether they are still there.
public struct WrittenPatch: Sendable, Equatable {
    public let patch: ScalarPatch
    /// CRC-32 of the bytes, row by row, under each name of the parameter in turn.
    public let checksum: UInt32

    public init(_ patch: ScalarPatch, checksum: UInt32) {
        (self.patch, self.checksum) = (patch, checksum)
    }

    public static func == (left: WrittenPatch, right: WrittenPatch) -> Bool {
        left.words == right.words && left.checksum == right.checksum
    }

    /// The numbers of the patch, for a record.
    var words: [UInt64] {
        [patch.parameter, patch.first, patch.rows, patch.rowStride, patch.columns, patch.columnStride].map {
            UInt64(bitPattern: Int64($0))
        }
    }
}

extension ScalarPatch {
    /// Calls `body` with each run of scalars that lie side by side in the parameter: its first scalar, how many, and
    /// where they lie in an array whose rows are `stride` apart.
    func forEachRun(
        stride: Int, _ body: (_ first: Int, _ count: Int, _ place: Int) throws(CheckpointError) -> Void
    ) throws(CheckpointError) {
        let isDense = columnStride == 1
        if isContiguous(stride: stride) { return try body(first, rows * columns, 0) }
        for row in 0..<rows {
            let start = first + row * rowStride
            if isDense {
                try body(start, columns, row * stride)
            } else {
                for column in 0..<columns { try body(start + column * columnStride, 1, row * stride + column) }
            }
        }
    }

    /// False for a patch that does not lie inside a parameter of `count` scalars, as a damaged file may say.
    func lies(inside count: Int) -> Bool {
        guard first >= 0, rows >= 1, columns >= 1, rowStride >= 0, columnStride >= 0, first < count, rows <= count,
            columns <= count, rowStride <= count, columnStride <= count
        else { return false }
        let (row, rowOverflow) = (rows - 1).multipliedReportingOverflow(by: rowStride)
        let (column, columnOverflow) = (columns - 1).multipliedReportingOverflow(by: columnStride)
        return !rowOverflow && !columnOverflow && row < count && column < count && first + row + column < count
    }
}
