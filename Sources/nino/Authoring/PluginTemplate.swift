import Checkpoints
import Foundation

/// A folder of files to start a plugin from. They call it MyNet, its id org.example.mynet and its model type mynet, and
/// hold `@SDK@`, `@INCLUDE@`, `@PLUGINS@` where paths belong.
struct PluginTemplate {
    let folder: URL

    /// Bytes of a file of a template.
    private static let largestFile = 1 << 20

    /// Writes a copy for a plugin of its own, whole or not at all.
    /// - Parameters:
    ///   - replacements: what stands in the template and what to put there, applied in order to texts and paths.
    ///   - target: a folder that is not there yet.
    /// - Throws: `InputError` if it is there, or cannot be written; `CheckpointError` for a file of the template.
    func write(_ replacements: [(String, String)], to target: String) throws {
        var status = stat()
        guard lstat(target, &status) != 0 else {
            throw InputError("\(target): expected a new folder, found something there")
        }
        let end = URL(fileURLWithPath: target)
        let draft = end.deletingLastPathComponent().appendingPathComponent(
            ".\(end.lastPathComponent).\(UUID().uuidString)")
        func failure(_ cause: String) -> InputError { InputError("\(target): cannot be written: \(cause)") }
        guard mkdir(draft.path, 0o777) == 0 else { throw failure(String(cString: strerror(errno))) }
        defer { try? FileManager.default.removeItem(at: draft) }
        do {
            for path in try paths() {
                let copy = draft.appendingPathComponent(Self.replace(path, replacements))
                let text = try text(of: folder.appendingPathComponent(path).path)
                try OutputFolder.make(copy.deletingLastPathComponent().path)
                try AtomicFile.write(Self.replace(text, replacements), to: copy.path)
            }
        } catch CheckpointError.cannotWrite(_, let cause, _, _) {
            throw failure(cause)
        }
        guard rename(draft.path, end.path) == 0 else { throw failure(String(cString: strerror(errno))) }
    }

    /// Of its files, within the folder.
    private func paths() throws -> [String] {
        let all = (try? FileManager.default.subpathsOfDirectory(atPath: folder.path)) ?? []
        let files = all.filter { path in
            var status = stat()
            return stat(folder.appendingPathComponent(path).path, &status) == 0 && status.st_mode & S_IFMT != S_IFDIR
        }
        guard !files.isEmpty else {
            throw InputError("\(folder.path): expected the files of a template, found none")
        }
        return files
    }

    private func text(of file: String) throws -> String {
        guard let text = String(validating: try WholeFile.bytes(of: file, limit: Self.largestFile), as: UTF8.self)
        else { throw InputError("\(file): expected text in UTF-8, found other bytes") }
        return text
    }

    private static func replace(_ text: String, _ replacements: [(String, String)]) -> String {
        replacements.reduce(text) { $0.replacingOccurrences(of: $1.0, with: $1.1) }
    }
}
