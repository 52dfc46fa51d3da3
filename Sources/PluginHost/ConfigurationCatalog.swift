import Foundation

/// Finds the config a user means: a path, or a name in one of the `Architectures/` folders.
public struct ConfigurationCatalog: Sendable {
    /// Folders with `<name>.json` files, searched in order.
    public let folders: [URL]

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
    /// - Parameter name: a path (it holds a `/`, ends in `.json`, or names a file that is there), or a name in the
    ///   catalog.
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

    private func path(of name: String) -> String? {
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: name, isDirectory: &isFolder), !isFolder.boolValue { return name }
        guard !name.contains("/") else { return nil }
        return folders.map { $0.appendingPathComponent("\(name).json").path }.first {
            FileManager.default.fileExists(atPath: $0)
        }
    }

    private func read(_ path: String) throws(PluginHostError) -> ModelConfiguration {
        let data: Data
        do {
            data = try Data(contentsOf: URL(fileURLWithPath: path))
        } catch {
            throw .configurationUnreadable(file: path, reason: "cannot be read: \(error.localizedDescription)")
        }
        return try ModelConfiguration(json: data, file: path)
    }
}
