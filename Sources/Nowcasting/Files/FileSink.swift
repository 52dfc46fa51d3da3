import Checkpoints
import Synchronization

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
    private let written = Mutex<[WrittenPatch]>([])

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
        var checksum: UInt32 = 0
        for name in names[patch.parameter] {
            try patch.forEachRun(stride: stride) { (first, count, place) throws(CheckpointError) in
                try file.write(
                    UnsafeBufferPointer(start: values + place, count: count), to: name, at: first, checksum: &checksum)
            }
        }
        written.withLock { $0.append(WrittenPatch(patch, checksum: checksum)) }
    }

    /// What has been written since this was asked last.
    public func takeWritten() -> [WrittenPatch] {
        written.withLock { written in
            defer { written = [] }
            return written
        }
    }

    /// Whether scalars that an earlier run wrote still lie in the files.
    public func holds(_ patches: [WrittenPatch]) -> Bool {
        patches.allSatisfy { written in
            guard names.indices.contains(written.patch.parameter) else { return false }
            var checksum: UInt32 = 0
            for name in names[written.patch.parameter] {
                guard written.patch.lies(inside: file.count(of: name)) else { return false }
                let isRead: Void? = try? written.patch.forEachRun(stride: written.patch.columns) {
                    (first, count, _) throws(CheckpointError) in
                    try file.addChecksum(of: name, first..<(first + count), to: &checksum)
                }
                if isRead == nil { return false }
            }
            return checksum == written.checksum
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
