import Checkpoints
import Foundation
import JSONText
import Training

/// What stands where weights are about to be written: other weights may go, something worth more may not.
enum ReplacedFile {
    /// - Throws: `InputError` for a file that holds something other than tensors, for what a training or a collection
    ///   goes on from, and for the model of a finished run.
    static func check(_ path: String, option: String) throws {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size > 0 else { return }
        guard let what = worth(path) else { return }
        throw InputError("\(option): \(path) holds \(what) already; choose another name, or move it away first")
    }

    private static func worth(_ path: String) -> String? {
        if path.hasSuffix(".index.json") { return nil }
        guard isSafetensors(path) else { return path.hasSuffix(".safetensors") ? nil : "something else" }
        let format = (try? Checkpoint(opening: path))?.metadata["format"] ?? ""
        if format.hasPrefix("nino.") {
            return kinds.first { format.hasPrefix($0.format) }?.what ?? "a file of another kind (\(format.shown()))"
        }
        return RunFolder.isModelOfFinishedRun(path) ? "the model of a finished run" : nil
    }

    private static let kinds = [
        (format: "nino.training/", what: "what a run goes on from"), (format: "nino.trajectory/", what: "a trajectory"),
        (format: "nino.meta-training/", what: "what a meta-training goes on from"),
    ]

    /// Whether a file begins as one of safetensors does: a length below 2^32 and a JSON object.
    private static func isSafetensors(_ path: String) -> Bool {
        guard let start = try? FileHandle(forReadingAtPath: path)?.read(upToCount: 9) else { return false }
        return start.count == 9 && start[4..<8].allSatisfy { $0 == 0 } && start[8] == UInt8(ascii: "{")
    }
}
