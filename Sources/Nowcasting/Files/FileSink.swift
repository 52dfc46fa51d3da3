import Checkpoints
import NeuralGraphs
import Synchronization

/// Predicted parameters on their way into a checkpoint that is being written, each straight to its place.
public final class FileSink: NowcastSink {
    /// What went wrong first.
    public enum Failure: Error, Sendable {
        case writing(CheckpointError)
        /// Parameter in the list, element, and what the nowcast says of it.
        case notFinite(parameter: Int, element: Int, found: Float)
    }

    private let file: CheckpointAssembler
    /// Names in the file of each parameter: more than one for a tied tensor that is stored twice.
    private let names: [[String]]
    private let firstFailure = Mutex<Failure?>(nil)
    private let failed = Atomic<Bool>(false)

    public init(_ file: CheckpointAssembler, names: [[String]]) {
        (self.file, self.names) = (file, names)
    }

    /// The same files for a part of the parameters, given as indices in the list.
    public func selecting(_ parameters: [Int]) -> some NowcastSink { SelectingSink(sink: self, parameters: parameters) }

    public var failure: Failure? { firstFailure.withLock { $0 } }
    public var hasFailed: Bool { failed.load(ordering: .relaxed) }

    public func write(_ patch: ScalarPatch, from values: UnsafePointer<Float>, stride: Int) {
        guard !hasFailed else { return }
        do {
            for row in 0..<patch.rows {
                let part = UnsafeBufferPointer(start: values + row * stride, count: patch.columns)
                let first = patch.first + row * patch.rowStride
                if let bad = firstNonFinite(part) {
                    throw Failure.notFinite(
                        parameter: patch.parameter, element: first + bad * patch.columnStride, found: part[bad])
                }
            }
            for name in names[patch.parameter] { try write(patch, values, stride, to: name) }
        } catch {
            firstFailure.withLock { $0 = $0 ?? (error as? Failure) ?? (error as? CheckpointError).map(Failure.writing) }
            failed.store(true, ordering: .relaxed)
        }
    }

    private func write(_ patch: ScalarPatch, _ values: UnsafePointer<Float>, _ stride: Int, to name: String)
        throws(CheckpointError)
    {
        let isDense = patch.columnStride == 1
        if isDense && (patch.rows == 1 || patch.rowStride == patch.columns && stride == patch.columns) {
            return try file.write(
                UnsafeBufferPointer(start: values, count: patch.rows * patch.columns), to: name, at: patch.first)
        }
        for row in 0..<patch.rows {
            let (start, first) = (values + row * stride, patch.first + row * patch.rowStride)
            if isDense {
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

    var hasFailed: Bool { sink.hasFailed }

    func write(_ patch: ScalarPatch, from values: UnsafePointer<Float>, stride: Int) {
        let whole = ScalarPatch(
            parameter: parameters[patch.parameter], first: patch.first, rows: patch.rows, rowStride: patch.rowStride,
            columns: patch.columns,
            columnStride: patch.columnStride)
        sink.write(whole, from: values, stride: stride)
    }
}
