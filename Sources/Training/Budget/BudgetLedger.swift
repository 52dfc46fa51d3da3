import CZlib
import Checkpoints
import Glibc
import JSONText
import Synchronization

/// What the finished runs of the budget protocol came to, one JSON object a line: no run is trained twice, also where
/// its folder is gone. Small enough to keep beside a plan. From any thread.
final class BudgetLedger: Sendable {
    struct Line: Codable, Sendable {
        /// Task, method and name of the run, as its folder.
        let run: String
        /// Check sum of all that the run depends on: settings, config, nowcaster and data.
        let identity: String
        let result: RunResult
        /// What the run started from; nil for fresh weights.
        let start: String?
    }

    static let name = "runs.jsonl"

    private let file: String
    private let steps: Set<Int>
    private let lines: Mutex<[String: Line]>

    /// - Parameter steps: evaluations at other steps are not kept.
    /// - Throws: `cannotRead`; `json`, and `invalidSetting` for numbers that no run comes to, naming file and line.
    init(folder: String, steps: Set<Int>) throws(TrainingError) {
        let file = "\(folder)/\(Self.name)"
        (self.file, self.steps) = (file, steps)
        lines = Mutex(try access(file, F_OK) == 0 ? Self.read(file) : [:])
    }

    private static func read(_ file: String) throws(TrainingError) -> [String: Line] {
        var lines: [String: Line] = [:]
        for (index, text) in try readFile(file).split(separator: UInt8(ascii: "\n")).enumerated() {
            let place = "\(file), line \(index + 1)"
            let line: Line
            do throws(JSONError) { line = try JSONText.decode(from: Array(text), file: place) } catch {
                throw .json(error)
            }
            try line.result.check(
                NumberCheck { .invalidSetting(name: "\(place): result.\($0)", allowed: $1, found: $2) })
            lines[line.run] = line
        }
        return lines
    }

    static func identity(
        _ settings: TrainingSettings, model: TrainableModel, data: any DataSource, nowcaster: RunNowcaster?
    ) -> String {
        let parts = [json(settings), model.configuration, nowcaster?.identity ?? RunResult.baseline, data.identity]
        let bytes = Array(parts.joined(separator: "\n").utf8)
        return String(bytes.withUnsafeBufferPointer { crc32_z(0, $0.baseAddress, $0.count) }, radix: 16)
    }

    /// Nil for a run that is not done, was another, started elsewhere, or was not judged at all of `steps`.
    func result(of run: String, identity: String, start: String?, steps: [Int]) -> RunResult? {
        guard let line = lines.withLock({ $0[run] }), line.identity == identity, line.start == start else { return nil }
        let known = Set(line.result.evaluations.map(\.step))
        let isJudged = line.result.divergedAtStep != nil || known.isSuperset(of: steps)
        return isJudged ? line.result : nil
    }

    /// Keeps a finished run; the file is replaced as a whole.
    ///
    /// - Throws: `CheckpointError.cannotWrite`.
    func add(_ result: RunResult, run: String, identity: String, start: String?) throws {
        var result = result
        result.evaluations = result.evaluations.filter { steps.contains($0.step) }
        let line = Line(run: run, identity: identity, result: result, start: start)
        try lines.withLock { lines in
            lines[run] = line
            let text = lines.values.sorted { $0.run < $1.run }.map { json($0) + "\n" }.joined()
            try AtomicFile.write(text, to: file)
        }
    }
}
