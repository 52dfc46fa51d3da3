import Foundation
import PluginHost
import TestSupport

/// All plugins of the zoo, loaded once, and the configs of Architectures/.
public enum Zoo {
    public static let registry = PluginRegistry(
        searching: PluginDirectories(named: [], shared: [BuiltProducts.folder.path]))

    private static let folder = BuiltProducts.repository.appendingPathComponent("Architectures")

    /// How many plugins there are; a test that loops over them or their samples checks that it saw so many.
    public static let pluginCount = 10

    /// Those of them that are architectures with sample configs of their own: all but the one that replays what was
    /// traced.
    public static let architectureCount = 9

    /// The sample configs of every plugin, as JSON texts.
    public static var samples: [String] { registry.plugins.flatMap(\.architectures).flatMap(\.sampleConfigurations) }

    /// Names of the configs in Architectures/, sorted.
    public static var architectures: [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).map { String($0.dropLast(5)) }
            .sorted()
    }

    public static func model(_ json: String) throws -> Model {
        try registry.model(for: ModelConfiguration(json: Data(json.utf8), file: "sample.json"))
    }

    /// A config of Architectures/.
    public static func model(named name: String) throws -> Model {
        try registry.model(for: ConfigurationCatalog(folders: [folder]).load(name))
    }
}
