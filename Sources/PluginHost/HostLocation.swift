import CIsolation
import Foundation

/// Where this host lies: the running program `nino`, or the library that another program has loaded.
public struct HostLocation: Sendable {
    /// The file with this code, links resolved.
    public let file: URL

    public static let current = HostLocation(
        file: URL(fileURLWithPath: nino_image_path().map { String(cString: $0) } ?? "/proc/self/exe")
            .resolvingSymlinksInPath())

    public var isLibrary: Bool { file.pathExtension == "so" }

    /// The program `nino`: the running one; for a library the one beside it, or in `bin` beside its folder.
    public var program: Result<String, PluginHostError> {
        let expected = candidates
        guard let found = expected.first(where: Self.isProgram) else {
            return .failure(
                .isolationFailed(reason: "expected the program \(expected.joined(separator: " or ")), found none"))
        }
        return .success(found)
    }

    /// A folder passes for executable too.
    private static func isProgram(_ path: String) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && !isFolder.boolValue
            && FileManager.default.isExecutableFile(atPath: path)
    }

    private var candidates: [String] {
        guard isLibrary else { return [file.path] }
        let folder = file.deletingLastPathComponent()
        return [folder, folder.deletingLastPathComponent().appendingPathComponent("bin")].map {
            $0.appendingPathComponent("nino").resolvingSymlinksInPath().path
        }
    }

    /// Folder of the program, or of the library where there is no program.
    public var folder: URL {
        let path = (try? program.get()).map { URL(fileURLWithPath: $0) } ?? file
        return path.deletingLastPathComponent()
    }
}
