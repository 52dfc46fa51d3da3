import Foundation

/// What the build put beside the test executable: `nino`, the plugins, the broken plugins.
public enum BuiltProducts {
    public static let folder = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        .deletingLastPathComponent()

    /// Path of a plugin library, e.g. `NinoCNN` or `TestTwin`.
    public static func library(_ product: String) -> String {
        folder.appendingPathComponent("lib\(product).so").path
    }

    public static var nino: String { folder.appendingPathComponent("nino").path }

    /// Root of the repository these tests were built from.
    public static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
}
