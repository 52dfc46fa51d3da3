import Checkpoints
import Foundation
import Nowcasting
import PluginHost
import Verification

/// Verifies one plugin, in the process that runs its code.
struct VerifyTask: IsolatedTask {
    static let name = "verify"

    enum Subject: Codable, Sendable {
        case samples
        /// - graph: a file with another graph than the plugin's.
        case config(name: String, json: String, file: String, graph: String?)
    }

    let plugin: String
    let subject: Subject
    let trials: Int
    let seed: UInt64
    let checkpoint: String?
    let threads: Int

    var files: [String] {
        var named = [plugin] + [checkpoint].compactMap { $0 }
        if case .config(_, _, let file, let graph) = subject {
            named += ConfigurationTensors.files(beside: file) + [graph].compactMap { $0 }
        }
        return named
    }

    func run(report: (VerificationReport) throws -> Void) throws {
        let registry = PluginRegistry(files: [plugin])
        if let rejection = registry.rejected.first { throw rejection.reason }
        let nowcaster = try Self.nowcaster(checkpoint)
        let verifier = Verifier(trials: trials, seed: seed, nowcaster: nowcaster)
        switch subject {
        case .samples:
            for (name, configuration) in try samples(registry) {
                let model = try registry.model(for: configuration)
                try report(verifier.verify(Verification.Subject(model), name: name))
            }
        case .config(let name, let json, let file, let graph):
            let model = try registry.model(for: ModelConfiguration(json: Data(json.utf8), file: file))
            if let graph {
                try report(verify(graph, of: model, nowcaster))
            } else {
                try report(verifier.verify(Verification.Subject(model), name: name))
            }
        }
    }

    /// - Throws: what opening a checkpoint throws.
    static func nowcaster(_ checkpoint: String?) throws -> (any Nowcaster)? {
        try checkpoint.map { try NowcastNetwork(Checkpoint(named: $0)).nowcaster() }
    }

    private func verify(_ graph: String, of model: Model, _ nowcaster: (any Nowcaster)?) throws -> VerificationReport {
        let file = try GraphFile.read(graph)
        let verifier = GraphFileVerifier(trials: trials, seed: seed, nowcaster: nowcaster)
        return try verifier.verify(file.edges, words: file.words, parameters: file.parameters, of: model, name: graph)
    }

    private func samples(_ registry: PluginRegistry) throws -> [(name: String, configuration: ModelConfiguration)] {
        try registry.plugins.flatMap(\.architectures).flatMap { architecture in
            try architecture.sampleConfigurations.enumerated().map { index, json in
                let name = "sample \(index + 1)"
                return (name, try ModelConfiguration(json: Data(json.utf8), file: "\(architecture.plugin) \(name)"))
            }
        }
    }
}
