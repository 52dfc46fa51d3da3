import Synchronization

/// Takes each patch as often as there are predictions, and passes their mean on once all have come.
///
/// What waits is little: a nowcaster gives a patch for all its horizons one after the other.
final class MeanOfSinks: NowcastSink {
    private struct Key: Hashable {
        let parameter, first, rows, rowStride, columns, columnStride: Int

        init(_ patch: ScalarPatch) {
            (parameter, first, rows) = (patch.parameter, patch.first, patch.rows)
            (rowStride, columns, columnStride) = (patch.rowStride, patch.columns, patch.columnStride)
        }
    }

    private let count: Int
    private let sink: any NowcastSink
    private let waiting = Mutex<[Key: (sum: [Double], count: Int)]>([:])

    /// - Parameter count: predictions.
    init(_ count: Int, into sink: any NowcastSink) {
        (self.count, self.sink) = (count, sink)
    }

    func write(_ patch: ScalarPatch, from values: UnsafePointer<Float>, stride: Int) throws {
        let key = Key(patch)
        let known = waiting.withLock { $0.removeValue(forKey: key) }
        var own = known ?? (sum: [Double](repeating: 0, count: patch.rows * patch.columns), count: 0)
        for row in 0..<patch.rows {
            for column in 0..<patch.columns {
                own.sum[row * patch.columns + column] += Double(values[row * stride + column])
            }
        }
        own.count += 1
        guard own.count == count else { return waiting.withLock { [own] in $0[key] = own } }
        let mean = own.sum.map { Float($0 / Double(count)) }
        try mean.withUnsafeBufferPointer { try sink.write(patch, from: $0.baseAddress!, stride: patch.columns) }
    }
}
