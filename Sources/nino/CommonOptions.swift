import ArgumentParser
import Foundation
import PluginHost
import Tensors

/// Options that every command takes.
struct CommonOptions: ParsableArguments {
    @Flag(help: "Write for machines: one JSON object a line on standard output.")
    var json = false

    @Option(name: .customLong("plugin-path"), help: ArgumentHelp("A folder with plugins; may be given several times.", valueName: "dir"))
    var pluginPaths: [String] = []

    @Flag(help: "Load plugins in this process (they always are, so far).")
    var trust = false

    @Option(help: "Threads to use. Results do not depend on it.")
    var threads: Int = ProcessInfo.processInfo.activeProcessorCount

    @Option(help: "Seed of every random draw.")
    var seed: UInt64 = 1000

    @Flag(help: "No progress.")
    var quiet = false

    func validate() throws {
        guard (1...1024).contains(threads) else { throw ValidationError("--threads: expected 1 to 1024, found \(threads)") }
    }

    /// Applies what concerns the whole process.
    func apply() {
        Parallel.threads = threads
    }

    /// All plugins, in search order.
    func registry() -> PluginRegistry {
        PluginRegistry(searching: .standard(paths: pluginPaths, environment: ProcessInfo.processInfo.environment))
    }

    /// The model a `--config` names. Rejected plugins are mentioned when none is left that knows it.
    func model(_ config: String) throws -> Model {
        let configuration = try ConfigurationCatalog.standard.load(config)
        let registry = registry()
        do throws(PluginHostError) {
            return try registry.model(for: configuration)
        } catch {
            if case .unknownModelType = error, !registry.rejected.isEmpty || !registry.missing.isEmpty {
                for rejection in registry.rejected { Output.note("rejected plugin: \(rejection.reason)") }
                for missing in registry.missing { Output.note("\(missing.path): \(missing.reason)") }
            }
            throw error
        }
    }
}
