import Checkpoints

/// Predicted parameters on their way into a checkpoint that is being written, each straight to its place.
public final class FileSink: NowcastSink {
    /// The nowcast of an element of a parameter, given by its index in the list, is NaN or infinite.
    public struct NotFinite: Error, Sendable {
        public let parameter: Int
        public let element: Int
        public let found: Float
    }

    private let file: CheckpointAssembler
    /// Names in the file of each parameter: more than one for a tied tensor that is stored twice.
    private let names: [[String]]

    public init(_ file: CheckpointAssembler, names: [[String]]) {
        (self.file, self.names) = (file, names)
    }

    /// The same files for a part of the parameters, given as indices in the list.
    public func selecting(_ parameters: [Int]) -> some NowcastSink { SelectingSink(sink: self, parameters: parameters) }

    /// - Throws: `CheckpointError`, `NotFinite`.
    public func write(_ patch: ScalarPatch, from values: UnsafePointer<Float>, stride: Int) throws {
        for row in 0..<patch.rows {
            let part = UnsafeBufferPointer(start: values + row * stride, count: patch.columns)
            if let bad = firstNonFinite(part) {
                throw NotFinite(
                    parameter: patch.parameter,
                    element: patch.first + row * patch.rowStride + bad * patch.columnStride, found: part[bad])
            }
        }
        for name in names[patch.parameter] { try write(patch, values, stride, to: name) }
    }

    private func write(_ patch: ScalarPatch, _ values: UnsafePointer<Float>, _ stride: Int, to name: String)
        throws(CheckpointError)
    {
        if patch.isContiguous(stride: stride) {
            return try file.write(
                UnsafeBufferPointer(start: values, count: patch.rows * patch.columns), to: name, at: patch.first)
        }
        for row in 0..<patch.rows {
            let (start, first) = (values + row * stride, patch.first + row * patch.rowStride)
            if patch.columnStride == 1 {
                try file.write(UnsafeBufferPointer(start: start, count: patch.columns), to: name, at: first)
            } else {
                for column in 0..<patch.columns {
                    try file.write(
                        UnsafeBufferPointer(start: start + column, count: 1), to: name,
                        at: first + column * patch.columnStride)
                }
            }
        }
    }
}

/// Sees a part of the parameters under numbers of their own.
private struct SelectingSink: NowcastSink {
    let sink: FileSink
    let parameters: [Int]

    func write(_ patch: ScalarPatch, from values: UnsafePointer<Float>, stride: Int) throws {
        let whole = ScalarPatch(
            parameter: parameters[patch.parameter], first: patch.first, rows: patch.rows, rowStride: patch.rowStride,
            columns: patch.columns, columnStride: patch.columnStride)
        try sink.write(whole, from: values, stride: stride)
    }
}
