import Foundation
import PluginHost

/// What a plugin author builds against: of an installation, or of the repository that holds the build folder.
struct AuthorFiles {
    /// The package with the product NinoPluginSDK.
    let sdk: URL
    /// The folder of `nino_plugin.h`.
    let include: URL
    /// A folder for each language, see `PluginTemplate`.
    let templates: URL
    /// Where plugins are looked for without being named.
    let plugins: URL

    /// - Throws: `InputError` naming the folders that were expected.
    init() throws {
        let executable = PluginDirectories.executableFolder
        let prefix = executable.deletingLastPathComponent()
        plugins = prefix.appendingPathComponent("lib/nino")
        let installed = prefix.appendingPathComponent("share/nino")
        if Self.isThere(installed.appendingPathComponent("sdk/Package.swift")) {
            sdk = installed.appendingPathComponent("sdk")
            include = prefix.appendingPathComponent("include/nino")
            templates = installed.appendingPathComponent("Templates")
            return
        }
        var root = executable
        while root.path != "/", !Self.isThere(root.appendingPathComponent("Sources/NinoPluginSDK")) {
            root.deleteLastPathComponent()
        }
        guard root.path != "/" else {
            throw InputError(
                "\(installed.path)/sdk: expected the package of the plugin SDK there, or nino's sources above "
                    + "\(executable.path), found neither"
            )
        }
        sdk = root.appendingPathComponent("Sources")
        include = sdk.appendingPathComponent("CNinoPlugin/include")
        templates = root.appendingPathComponent("Templates")
    }

    private static func isThere(_ url: URL) -> Bool { FileManager.default.fileExists(atPath: url.path) }
}
