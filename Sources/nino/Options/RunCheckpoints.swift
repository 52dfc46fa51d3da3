import Checkpoints
import Foundation

/// The checkpoints in the folder of a training run, told from their names: `checkpoint-500`, `step_500.safetensors`,
/// `global_step_500/actor`, `epoch=1-step=500.ckpt`.
struct RunCheckpoints {
    private let folder: String

    /// Folders inside a checkpoint that hold the model.
    private static let inner = ["actor", "pytorch_model_fsdp_0", "model"]
    private static let suffixes = [".safetensors", ".pt", ".pth", ".bin", ".ckpt", ".npz"]
    /// Seconds from one look to the next, and for which a new checkpoint must not change.
    private static let pause: UInt32 = 1

    /// - Parameter folder: of a run; what `nino train --keep` left lies in a folder `states` of it.
    init(_ folder: String) {
        let folder = folder.hasSuffix("/") && folder.count > 1 ? String(folder.dropLast()) : folder
        var hasStates: ObjCBool = false
        _ = FileManager.default.fileExists(atPath: folder + "/states", isDirectory: &hasStates)
        self.folder = hasStates.boolValue && Self.sorted(folder).isEmpty ? folder + "/states" : folder
    }

    /// All checkpoints, oldest first.
    /// - Throws: `InputError` if there are fewer.
    func all(atLeast count: Int) throws -> [String] {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue else {
            let isFile = FileManager.default.fileExists(atPath: folder)
            let found = isFile ? "a file; give files with --history" : "none"
            throw InputError("\(folder): expected the folder of a run, found \(found)")
        }
        let all = Self.sorted(folder)
        guard all.count >= count else {
            let found = all.isEmpty ? "none" : all.map(\.name).joined(separator: ", ")
            throw InputError(
                "\(folder): expected at least \(count) checkpoints with a number in their name (checkpoint-500, "
                    + "step_500.pt), found \(found)")
        }
        return all.map { "\(folder)/\($0.name)" }.map(Self.model)
    }

    /// As `all`, once a checkpoint is there that was not before, and is whole.
    /// - Throws: `Failure.interrupted` after Ctrl-C.
    func waitForNext(atLeast count: Int) throws -> [String] {
        let before = Self.sorted(folder).last?.number ?? -1
        let watch = InterruptWatch()
        Output.note("\(folder): waiting for the checkpoint after \(before < 0 ? "none" : "\(before)")")
        while true {
            if watch.cancellation.isRequested { throw Failure.interrupted }
            let all = Self.sorted(folder)
            if let last = all.last, last.number > before, all.count >= count {
                let paths = try self.all(atLeast: count)
                let newest = paths[paths.count - 1]
                let size = Self.size(newest)
                sleep(Self.pause)
                if size == Self.size(newest), (try? Checkpoint(opening: newest)) != nil { return paths }
            }
            sleep(Self.pause)
        }
    }

    /// Names with a number, all of the most frequent kind, by that number.
    private static func sorted(_ folder: String) -> [(name: String, number: Int)] {
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).filter { name in
            var isFolder: ObjCBool = false
            _ = FileManager.default.fileExists(atPath: "\(folder)/\(name)", isDirectory: &isFolder)
            return !name.hasPrefix(".") && (isFolder.boolValue || suffixes.contains(where: name.hasSuffix))
        }
        var kinds: [String: [(name: String, number: Int)]] = [:]
        for name in names {
            let runs = name.split { !("0"..."9").contains($0) }
            guard let number = runs.last.flatMap({ Int($0) }) else { continue }
            let kind = name.split(omittingEmptySubsequences: false) { ("0"..."9").contains($0) }
                .filter { !$0.isEmpty }.joined(separator: "#")
            kinds[kind, default: []].append((name, number))
        }
        let largest = kinds.max { ($0.value.count, $1.key) < ($1.value.count, $0.key) }
        return (largest?.value ?? []).sorted { ($0.number, $0.name) < ($1.number, $1.name) }
    }

    /// The folder inside a checkpoint that holds the model, where it lies deeper.
    private static func model(_ path: String) -> String {
        for name in inner where FileManager.default.fileExists(atPath: "\(path)/\(name)") { return "\(path)/\(name)" }
        return path
    }

    private static func size(_ path: String) -> Int {
        let files = (try? FileManager.default.subpathsOfDirectory(atPath: path)) ?? []
        return ([path] + files.map { "\(path)/\($0)" }).reduce(0) { sum, file in
            var status = stat()
            return stat(file, &status) == 0 ? sum &+ Int(status.st_size) &+ Int(status.st_mtim.tv_sec) : sum
        }
    }
}
