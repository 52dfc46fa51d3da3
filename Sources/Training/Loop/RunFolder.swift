import Checkpoints
import Foundation

/// The folder of one run: `checkpoint.safetensors` to resume from, `metrics.jsonl`, and at the end `result.json` and
/// the weights alone as `model.safetensors`. Layout: docs/training.md.
public struct RunFolder: Sendable {
    public let path: String

    public init(_ path: String) {
        self.path = path
    }

    var checkpoint: String { "\(path)/checkpoint.safetensors" }
    var metrics: String { "\(path)/metrics.jsonl" }
    var model: String { "\(path)/model.safetensors" }
    var result: String { "\(path)/result.json" }

    public var hasCheckpoint: Bool {
        FileManager.default.fileExists(atPath: checkpoint)
    }

    /// Whether what a finished run leaves is there.
    public var isFinished: Bool {
        [result, model].contains { FileManager.default.fileExists(atPath: $0) }
    }

    /// Makes the folder and those above it, and removes what a killed run left half written.
    ///
    /// - Throws: `file` with `cannotWrite`.
    func create() throws(TrainingError) {
        do throws(CheckpointError) { try OutputFolder.make(path) } catch { throw .file(error) }
        let files = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        for file in files where file.hasPrefix(".") && file.hasSuffix(".tmp") {
            try? FileManager.default.removeItem(atPath: "\(path)/\(file)")
        }
    }
}
