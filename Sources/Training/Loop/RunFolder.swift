import Checkpoints
import Foundation

/// The folder of one run: `checkpoint.safetensors` to resume from, `metrics.jsonl` and `metrics.csv`, kept states and
/// means, and at the end `result.json` and the weights alone as `model.safetensors`. Layout: docs/training.md.
public struct RunFolder: Sendable {
    public let path: String

    public init(_ path: String) {
        self.path = path
    }

    var checkpoint: String { "\(path)/checkpoint.safetensors" }
    var metrics: String { "\(path)/metrics.jsonl" }
    var table: String { "\(path)/metrics.csv" }
    var states: String { "\(path)/states" }
    var means: String { "\(path)/means" }
    static func state(_ step: Int, in folder: String) -> String { "\(folder)/step_\(step).safetensors" }
    var model: String { "\(path)/model.safetensors" }
    var result: String { "\(path)/result.json" }

    public var hasCheckpoint: Bool {
        FileManager.default.fileExists(atPath: checkpoint)
    }

    /// - Throws: `invalidSetting` for what is no folder, `nothingToResume`.
    func requireCheckpoint() throws(TrainingError) {
        var isFolder: ObjCBool = false
        let isThere = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
        guard isThere, isFolder.boolValue else {
            throw .invalidSetting(name: path, allowed: "the folder of a run", found: isThere ? "a file" : "nothing")
        }
        guard hasCheckpoint else { throw .nothingToResume(folder: path) }
    }

    /// Whether what a finished run leaves is there.
    public var isFinished: Bool {
        [result, model].contains { FileManager.default.fileExists(atPath: $0) }
    }

    /// Whether a file is the model that a finished run left, beside its result.
    public static func isModelOfFinishedRun(_ file: String) -> Bool {
        let place = URL(fileURLWithPath: file)
        let run = RunFolder(place.deletingLastPathComponent().path)
        return place.path == URL(fileURLWithPath: run.model).path && FileManager.default.fileExists(atPath: run.result)
    }

    /// Gives what a finished run left names with its step, so that the run can go on without overwriting it.
    ///
    /// - Throws: `cannotWrite`.
    func setAside(step: Int) throws(TrainingError) {
        for (file, stem, suffix) in [(result, "result", "json"), (model, "model", "safetensors")]
        where FileManager.default.fileExists(atPath: file) {
            let names = (1...).lazy.map { "\(path)/\(stem)-\(step)\($0 == 1 ? "" : "-\($0)").\(suffix)" }
            let free = names.first { !FileManager.default.fileExists(atPath: $0) }!
            guard rename(file, free) == 0 else {
                throw .cannotWrite(file: free, reason: String(cString: strerror(errno)))
            }
        }
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
