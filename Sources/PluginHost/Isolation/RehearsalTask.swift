import Foundation

/// Makes models of a plugin and asks them for all that commands ask for, to see whether it stands that.
struct RehearsalTask: IsolatedTask {
    struct Config: Codable, Sendable {
        let json: String
        let name: String
    }

    static let name = "rehearse"
    let file: String
    /// None: the plugin's sample configs, which it also has to recognize.
    let configs: [Config]
    /// Which architecture is meant; nil for all.
    let architecture: Int?
    var files: [String] { [file] + configs.flatMap { ConfigurationTensors.files(beside: $0.name) } }

    func run(report: (Bool) throws -> Void) throws {
        let plugin = try PluginLibrary(file: file)
        for (index, architecture) in plugin.architectures.enumerated() where self.architecture ?? index == index {
            let samples = architecture.sampleConfigurations.enumerated().map {
                Config(json: $1, name: "\(plugin.id) sample \($0 + 1)")
            }
            for config in configs.isEmpty ? samples : configs {
                try rehearse(
                    architecture, ModelConfiguration(json: Data(config.json.utf8), file: config.name))
            }
        }
    }

    private func rehearse(_ architecture: Architecture, _ configuration: ModelConfiguration) throws {
        if configs.isEmpty { _ = architecture.score(configuration) }
        let model = try Model(architecture: architecture, configuration: configuration)
        if architecture.hasNeuralGraph { _ = try model.constructedGraph() }
        if architecture.hasForwardPass { _ = try model.inputTypes(near: 2, length: 2) }
    }
}
