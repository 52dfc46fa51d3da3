import Checkpoints
import Foundation

/// The evaluations of a run as they come: `metrics.jsonl`, one object a line with sorted keys, and `metrics.csv`, the
/// same numbers as a table.
final class MetricsFile {
    private let lines: AppendedFile
    private let table: AppendedFile
    private let averages: [AverageKind]

    /// Starts both files with the evaluations so far, whatever they held before: lines that were written after the
    /// checkpoint from which a run is taken up will be written again, and a line cut off in the middle is gone.
    ///
    /// - Parameters:
    ///   - averages: those that the run judges; each has columns of its own.
    /// - Throws: `cannotWrite`.
    init(_ path: String, table: String, averages: [AverageKind], evaluations: [Evaluation]) throws {
        self.averages = averages
        lines = try AppendedFile(path, beginning: evaluations.map(Self.line).joined())
        let rows = evaluations.map { MetricsTable.row($0, averages) }
        self.table = try AppendedFile(table, beginning: MetricsTable.header(averages) + rows.joined())
    }

    /// Adds a line to each, with one call of the system.
    ///
    /// - Throws: `cannotWrite`.
    func append(_ evaluation: Evaluation) throws(TrainingError) {
        try lines.append(Self.line(evaluation))
        try table.append(MetricsTable.row(evaluation, averages))
    }

    static func line(_ evaluation: Evaluation) -> String {
        json(evaluation) + "\n"
    }
}

/// JSON text of finite numbers and texts, keys sorted.
func json(_ value: some Encodable) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let data = try? encoder.encode(value) else {
        preconditionFailure("\(value) holds a number that JSON cannot say")
    }
    return String(decoding: data, as: UTF8.self)
}
