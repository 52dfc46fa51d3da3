import Checkpoints
import Foundation

/// `metrics.jsonl`: one evaluation a line, keys sorted.
final class MetricsFile {
    private let path: String
    private let descriptor: Int32

    /// Starts the file with the evaluations so far, whatever it held before: lines that were written after the
    /// checkpoint from which a run is taken up will be written again, and a line cut off in the middle is gone.
    ///
    /// - Throws: `cannotWrite`.
    init(_ path: String, evaluations: [Evaluation]) throws {
        self.path = path
        try AtomicFile.write(evaluations.map(Self.line).joined(), to: path)
        // `deinit` closes what is stored, after an error too.
        let descriptor = open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw TrainingError.cannotWrite(file: path, reason: String(cString: strerror(errno)))
        }
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
    }

    /// Adds a line, with one call of the system.
    ///
    /// - Throws: `cannotWrite`.
    func append(_ evaluation: Evaluation) throws(TrainingError) {
        let line = Array(Self.line(evaluation).utf8)
        let written = write(descriptor, line, line.count)
        guard written == line.count else {
            let reason =
                written < 0 ? String(cString: strerror(errno)) : "\(written) of \(line.count) bytes were written"
            throw .cannotWrite(file: path, reason: reason)
        }
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
