import Foundation

/// A folder of files to start a plugin from. They call it MyNet, its id org.example.mynet and its model type mynet, and
/// hold `@SDK@`, `@INCLUDE@`, `@PLUGINS@` where paths belong.
struct PluginTemplate {
    let folder: URL

    /// Writes a copy for a plugin of its own, whole or not at all.
    /// - Parameters:
    ///   - replacements: what stands in the template and what to put there, applied in order to texts and paths.
    ///   - target: a folder that is not there yet.
    /// - Throws: `InputError` if it is there, or cannot be written.
    func write(_ replacements: [(String, String)], to target: String) throws {
        let files = FileManager.default
        guard (try? files.attributesOfItem(atPath: target)) == nil else {
            throw InputError("\(target): expected a new folder, found something there")
        }
        let end = URL(fileURLWithPath: target)
        let draft = end.deletingLastPathComponent().appendingPathComponent(
            ".\(end.lastPathComponent).\(UUID().uuidString)")
        do {
            defer { try? files.removeItem(at: draft) }
            try files.createDirectory(at: draft, withIntermediateDirectories: false)
            for path in try files.subpathsOfDirectory(atPath: folder.path) {
                let source = folder.appendingPathComponent(path)
                let copy = draft.appendingPathComponent(Self.replace(path, replacements))
                if try source.resourceValues(forKeys: [.isDirectoryKey]).isDirectory == true {
                    try files.createDirectory(at: copy, withIntermediateDirectories: true)
                } else {
                    try files.createDirectory(at: copy.deletingLastPathComponent(), withIntermediateDirectories: true)
                    try Data(Self.replace(String(contentsOf: source, encoding: .utf8), replacements).utf8).write(
                        to: copy)
                }
            }
            try files.moveItem(at: draft, to: end)
        } catch {
            throw InputError("\(target): cannot be written: \(error.localizedDescription)")
        }
    }

    private static func replace(_ text: String, _ replacements: [(String, String)]) -> String {
        replacements.reduce(text) { $0.replacingOccurrences(of: $1.0, with: $1.1) }
    }
}
