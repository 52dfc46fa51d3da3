import Foundation

/// What the build put beside the test executable: `nino`, the plugins, the broken plugins.
public enum BuiltProducts {
    public static let folder = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()

    /// Path of a plugin library, e.g. `NinoCNN` or `TestTwin`.
    public static func library(_ product: String) -> String {
        folder.appendingPathComponent("lib\(product).so").path
    }

    public static var nino: String { folder.appendingPathComponent("nino").path }

    /// Root of the repository these tests were built from.
    public static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
}

/// A folder that is removed with this object.
public final class TemporaryFolder {
    public let url: URL

    public init() throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent("nino-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(at: url)
    }

    public func path(_ name: String) -> String { url.appendingPathComponent(name).path }

    /// Writes a text file and returns its path.
    @discardableResult
    public func write(_ text: String, to name: String) throws -> String {
        try text.write(toFile: path(name), atomically: false, encoding: .utf8)
        return path(name)
    }

    /// Copies built plugin libraries here.
    public func addPlugins(_ products: String...) throws {
        for product in products {
            try FileManager.default.copyItem(atPath: BuiltProducts.library(product), toPath: path("lib\(product).so"))
        }
    }
}
