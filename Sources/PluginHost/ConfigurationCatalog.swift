import Checkpoints
import Foundation
import JSONText

/// Finds the config a user means: a path, or a name in one of the `Architectures/` folders.
public struct ConfigurationCatalog: Sendable {
    /// Folders with `<name>.json` files, searched in order.
    public let folders: [URL]

    /// The config of a folder that holds a model.
    private static let fileName = "config.json"

    public init(folders: [URL]) {
        self.folders = folders
    }

    /// `Architectures/` of the current directory, of every folder above the executable, and of an installation beside
    /// it.
    ///
    /// The current directory is searched here, unlike for plugins, because a config is data.
    public static var standard: ConfigurationCatalog {
        var folders = [
            URL(fileURLWithPath: FileManager.default.currentDirectoryPath).appendingPathComponent("Architectures")
        ]
        var folder = PluginDirectories.executableFolder
        folders.append(folder.deletingLastPathComponent().appendingPathComponent("share/nino/Architectures"))
        while folder.path != "/" {
            folders.append(folder.appendingPathComponent("Architectures"))
            folder.deleteLastPathComponent()
        }
        var seen: Set<String> = []
        return ConfigurationCatalog(
            folders: folders.filter { FileManager.default.fileExists(atPath: $0.path) && seen.insert($0.path).inserted }
        )
    }

    /// Reads a config.
    /// - Parameter name: a path (of a file, a pipe, or a folder with a `config.json`), or a name in the catalog.
    /// - Throws: `configurationNotFound`, `configurationUnreadable`, `configurationNotAnObject`.
    public func load(_ name: String) throws(PluginHostError) -> ModelConfiguration {
        if let path = path(of: name) { return try read(path) }
        throw .configurationNotFound(name: name, searched: folders.map(\.path))
    }

    /// Names in the catalog, sorted.
    public var names: [String] {
        let files = folders.flatMap { (try? FileManager.default.contentsOfDirectory(atPath: $0.path)) ?? [] }
        return Set(files.filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }).sorted()
    }

    /// The file that a name means; nil if there is none.
    public func path(of name: String) -> String? {
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: name, isDirectory: &isFolder) {
            guard isFolder.boolValue else { return name }
            // A folder named like a config of the catalog does not hide it.
            let file = name.hasSuffix("/") ? name + Self.fileName : "\(name)/\(Self.fileName)"
            if name.contains("/") || FileManager.default.fileExists(atPath: file) || catalogued(name) == nil {
                return file
            }
        }
        guard !name.contains("/") else { return nil }
        return catalogued(name)
    }

    private func catalogued(_ name: String) -> String? {
        folders.map { $0.appendingPathComponent("\(name).json").path }.first {
            FileManager.default.fileExists(atPath: $0)
        }
    }

    private func read(_ path: String) throws(PluginHostError) -> ModelConfiguration {
        let text: [UInt8]
        do throws(CheckpointError) {
            text = try WholeFile.bytes(of: path, limit: JSONLimits.bytes)
        } catch {
            if !FileManager.default.fileExists(atPath: path), path.hasSuffix("/\(Self.fileName)") {
                let folder = String(path.dropLast(Self.fileName.count + 1))
                throw .configurationUnreadable(file: folder, reason: Self.expectation(of: folder))
            }
            throw .configurationFile(error)
        }
        guard !text.prefix(64).contains(0) else {
            throw .configurationUnreadable(
                file: path, reason: "expected a config, which is JSON, found a binary file, such as a checkpoint")
        }
        return try ModelConfiguration(json: Data(text), file: path)
    }

    /// What a folder without a config is told.
    private static func expectation(of folder: String) -> String {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder))?.sorted() ?? []
        let others = names.filter { $0.hasSuffix(".json") }
        let shown = others.prefix(3).joined(separator: ", ") + (others.count > 3 ? ", …" : "")
        return "expected \(fileName) in this folder, found \(others.isEmpty ? "no JSON file" : shown)"
    }
}
