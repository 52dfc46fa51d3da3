import Checkpoints
import Foundation
import PluginHost

/// The files a command is about to write, checked against those it reads before it does anything.
struct OutputFiles {
    /// Suffixes of formats that are read and not written.
    private static let otherFormats = [".pt", ".pth", ".bin", ".ckpt", ".pkl", ".npz", ".npy", ".distcp", ".gguf"]

    static let pages = [".html", ".htm"]

    /// - Parameters:
    ///   - outputs: each with the option that names it; nil where it is not given.
    ///   - inputs: files, folders whose files are read, and names of configs.
    /// - Throws: `InputError` for an output that is one of the inputs, by whatever links, or that two options name.
    static func check(_ outputs: [(option: String, path: String?)], inputs: [String?]) throws {
        var owners: [Identity: String] = [:]
        for input in inputs.compactMap({ $0 }) {
            for file in files(of: input) {
                if let identity = Identity(file) { owners[identity] = input }
            }
        }
        var names: [String: String] = [:]
        for (option, path) in outputs {
            guard let path else { continue }
            if let identity = Identity(path), let input = owners[identity] {
                throw InputError("\(option): \(path) is an input too (\(input)); choose another name")
            }
            let name = URL(fileURLWithPath: path).standardizedFileURL.path
            if let other = names.updateValue(option, forKey: name) {
                throw InputError("\(option): \(path) is what \(other) names too; choose another name")
            }
        }
    }

    /// - Throws: `InputError` if there is no folder to write the file into, or a folder in its place: better said
    ///   before long work than after it.
    static func requireFolder(of path: String?, option: String) throws {
        guard let path else { return }
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue {
            throw InputError("\(option): \(path): expected a file or nothing under this name, found a folder")
        }
        if FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue { return }
        throw InputError("\(option): \(path): expected a folder \(folder), found none")
    }

    /// - Throws: `InputError` for a name that promises another format than the one that is written, and for a file that
    ///   is worth more than what takes its place.
    static func requireSafetensors(_ path: String, option: String) throws {
        guard let suffix = otherFormats.first(where: path.hasSuffix) else {
            return try ReplacedFile.check(path, option: option)
        }
        throw InputError(
            "\(option): expected a name that ends in .safetensors, found \(path): nino writes safetensors, and what "
                + "reads \(suffix) files would not read it")
    }

    /// A page or picture must not take the place of something worth more.
    ///
    /// - Throws: `InputError` for a regular file of another suffix that holds something.
    static func requireText(_ path: String?, option: String, suffixes: [String]) throws {
        guard let path, !suffixes.contains(where: path.lowercased().hasSuffix) else { return }
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size > 0 else { return }
        throw InputError(
            "\(option): \(path) holds something already, and its name does not end in "
                + "\(suffixes.joined(separator: " or ")); choose another name")
    }

    /// The file that a name means, with all that lies in it if it is a folder, or beside it if it is an index.
    private static func files(of input: String) -> [String] {
        let path = ConfigurationCatalog.standard.path(of: input) ?? input
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: input, isDirectory: &isFolder), isFolder.boolValue else {
            guard let checkpoint = path.hasSuffix(".index.json") ? try? Checkpoint(opening: path) : nil else {
                return [path]
            }
            return [path] + checkpoint.files
        }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: input)) ?? []
        return [input, path] + names.map { "\(input)/\($0)" }
    }

    /// The same for all names of one file.
    private struct Identity: Hashable {
        let device: UInt64
        let number: UInt64

        init?(_ path: String) {
            var status = stat()
            guard stat(path, &status) == 0 else { return nil }
            // Devices such as /dev/null may be read and written.
            guard [S_IFREG, S_IFDIR].contains(status.st_mode & S_IFMT) else { return nil }
            (device, number) = (UInt64(status.st_dev), UInt64(status.st_ino))
        }
    }
}
