import Foundation

/// Where plugins are looked for: `--plugin-path`, then `NINO_PLUGIN_PATH`, then the installation's `lib/nino`, then
/// beside the executable. Never the current directory.
public struct PluginDirectories: Sendable {
    /// Folders the user named: every `*.so` in them is meant to be a plugin.
    public let named: [String]
    /// Folders for plugins alone that need not be there: every `*.so` in them is meant to be a plugin.
    public let installed: [String]
    /// Folders that hold other libraries too: only `libNino*.so` is looked at.
    public let shared: [String]

    public init(named: [String], installed: [String] = [], shared: [String]) {
        self.named = named
        self.installed = installed
        self.shared = shared
    }

    /// - Parameters:
    ///   - paths: folders from the command line.
    ///   - environment: the process's environment; `NINO_PLUGIN_PATH` is a list separated by colons.
    public static func standard(paths: [String], environment: [String: String]) -> PluginDirectories {
        let listed = environment["NINO_PLUGIN_PATH"].map { $0.split(separator: ":").map(String.init) } ?? []
        let beside = executableFolder
        return PluginDirectories(
            named: paths + listed,
            installed: [beside.deletingLastPathComponent().appendingPathComponent("lib/nino").path],
            shared: [beside.path])
    }

    /// Folder of the program `nino`, links resolved.
    public static var executableFolder: URL { HostLocation.current.folder }

    /// A folder or file that was named but is not there, or cannot be listed.
    public struct Missing: Sendable, Equatable {
        public let path: String
        public let reason: String
    }

    /// Why a folder that was named cannot be searched for plugins; nil if it can.
    public static func obstacle(in folder: String) -> Missing? {
        var isFolder: ObjCBool = false
        let found: String
        if !FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder) {
            found = "nothing"
        } else if !isFolder.boolValue {
            found = "a file"
        } else if access(folder, R_OK | X_OK) != 0 {
            found = "one that cannot be read: \(String(cString: strerror(errno)))"
        } else {
            return nil
        }
        return Missing(path: folder, reason: "expected a folder with plugins, found \(found)")
    }

    /// Candidate files in search order, each real file once, and the named folders that could not be searched.
    public func candidates() -> (files: [String], missing: [Missing]) {
        var files: [String] = []
        var missing: [Missing] = []
        var seen: Set<String> = []
        func add(_ folder: String, where isCandidate: (String) -> Bool) -> Bool {
            guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else { return false }
            for name in names.sorted() where isCandidate(name) {
                let path = URL(fileURLWithPath: folder).appendingPathComponent(name).path
                if seen.insert(URL(fileURLWithPath: path).resolvingSymlinksInPath().path).inserted {
                    files.append(path)
                }
            }
            return true
        }
        for folder in named where !add(folder, where: { $0.hasSuffix(".so") }) {
            missing.append(
                Self.obstacle(in: folder) ?? Missing(path: folder, reason: "expected a folder that can be listed"))
        }
        for folder in installed { _ = add(folder) { $0.hasSuffix(".so") } }
        for folder in shared {
            _ = add(folder) { $0.hasPrefix("libNino") && $0.hasSuffix(".so") }
        }
        return (files, missing)
    }
}
