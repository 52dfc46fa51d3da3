import CZlib
import Checkpoints
import Glibc
import JSONText

/// What the finished runs of the budget protocol came to, one JSON object a line: no run is trained twice, also where
/// its folder is gone. Small enough to keep beside a plan.
struct BudgetLedger {
    struct Line: Codable {
        /// Task, method and name of the run, as its folder.
        let run: String
        /// Check sum of all that the run depends on: settings, config, nowcaster and data.
        let identity: String
        let result: RunResult
    }

    static let name = "runs.jsonl"

    private let file: String
    private let steps: Set<Int>
    private var lines: [String: Line] = [:]

    /// - Parameter steps: evaluations at other steps are not kept.
    /// - Throws: `cannotRead`, `json` naming file and line.
    init(folder: String, steps: Set<Int>) throws(TrainingError) {
        (file, self.steps) = ("\(folder)/\(Self.name)", steps)
        guard access(file, F_OK) == 0 else { return }
        for (index, text) in try readFile(file).split(separator: UInt8(ascii: "\n")).enumerated() {
            do throws(JSONError) {
                let line: Line = try JSONText.decode(from: Array(text), file: "\(file), line \(index + 1)")
                lines[line.run] = line
            } catch {
                throw .json(error)
            }
        }
    }

    static func identity(
        _ settings: TrainingSettings, model: TrainableModel, data: any DataSource, nowcaster: RunNowcaster?
    ) -> String {
        let parts = [json(settings), model.configuration, nowcaster?.identity ?? RunResult.baseline, data.identity]
        let bytes = Array(parts.joined(separator: "\n").utf8)
        return String(bytes.withUnsafeBufferPointer { crc32_z(0, $0.baseAddress, $0.count) }, radix: 16)
    }

    /// Nil for a run that is not done, was another, or was not judged at all of `steps`.
    func result(of run: String, identity: String, steps: [Int]) -> RunResult? {
        guard let line = lines[run], line.identity == identity else { return nil }
        let known = Set(line.result.evaluations.map(\.step))
        let isJudged = line.result.divergedAtStep != nil || known.isSuperset(of: steps)
        return isJudged ? line.result : nil
    }

    /// Keeps a finished run; the file is replaced as a whole.
    ///
    /// - Throws: `CheckpointError.cannotWrite`.
    mutating func add(_ result: RunResult, run: String, identity: String) throws {
        var result = result
        result.evaluations = result.evaluations.filter { steps.contains($0.step) }
        lines[run] = Line(run: run, identity: identity, result: result)
        let text = lines.values.sorted { $0.run < $1.run }.map { json($0) + "\n" }.joined()
        try AtomicFile.write(text, to: file)
    }
}
