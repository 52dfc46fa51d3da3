import ArgumentParser
import PluginHost

struct PluginsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plugins",
        abstract: "List installed plugins and every file that was rejected, with the reason.",
        discussion: "Searched: --plugin-path, then NINO_PLUGIN_PATH (folders separated by colons), then the folder of the executable.")

    @OptionGroup var common: CommonOptions

    private struct Listed: Encodable {
        let id: String
        let name: String
        let version: String
        let abi: String
        let file: String
        let modelTypes: [String]
        let neuralGraph: Bool
        let forwardPass: Bool
    }

    private struct Rejected: Encodable {
        let rejected: String
        let reason: String
    }

    func run() throws {
        let registry = common.registry()
        let listed = registry.plugins.map { plugin in
            Listed(
                id: plugin.id, name: plugin.name, version: plugin.version, abi: "\(plugin.abi.major).\(plugin.abi.minor)", file: plugin.file,
                modelTypes: plugin.architectures.flatMap(\.modelTypes), neuralGraph: plugin.architectures.allSatisfy(\.hasNeuralGraph),
                forwardPass: plugin.architectures.allSatisfy(\.hasForwardPass))
        }
        let rejected =
            registry.rejected.map { Rejected(rejected: $0.file, reason: $0.reason.description) }
            + registry.missing.map { Rejected(rejected: $0.path, reason: $0.reason) }
        if common.json {
            for plugin in listed { try Output.json(plugin) }
            for file in rejected { try Output.json(file) }
        } else {
            show(listed, rejected)
        }
    }

    private func show(_ listed: [Listed], _ rejected: [Rejected]) {
        if listed.isEmpty { Output.line("no plugins found") }
        for plugin in listed {
            Output.line("\(plugin.id) \(plugin.version)  \(plugin.name), ABI \(plugin.abi)")
            Output.line("    model types  \(plugin.modelTypes.joined(separator: ", "))")
            Output.line("    file         \(plugin.file)")
            if !plugin.neuralGraph { Output.line("    has no neural graph") }
            if !plugin.forwardPass { Output.line("    has no forward pass") }
        }
        if !rejected.isEmpty { Output.line("rejected:") }
        for file in rejected { Output.line("    \(file.reason.hasPrefix(file.rejected) ? "" : "\(file.rejected): ")\(file.reason)") }
    }
}
