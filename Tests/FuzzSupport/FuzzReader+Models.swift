import Foundation
import PluginHost
import Tensors
import TestSupport
import ZooSupport

/// What plugins read: configs, and programs traced in PyTorch. Here they run in this process, so that a trap is seen.
extension FuzzReader {
    static let model = FuzzReader("model", corpus: configurations) { bytes, _ in try read(bytes, named: "config.json") }

    static let program = FuzzReader("program", corpus: programs) { bytes, _ in try read(bytes, named: "m.nino.json") }

    /// The sample configs of all plugins.
    private static var configurations: [[UInt8]] {
        precondition(Zoo.registry.plugins.count == Zoo.pluginCount, "found \(Zoo.registry.plugins.count) plugins")
        return Zoo.samples.map { Array($0.utf8) }
    }

    private static var programs: [[UInt8]] {
        let folder = BuiltProducts.repository.appendingPathComponent("Tests/Fixtures/traced").path
        let names = ["gpt2", "llama", "perceptron", "waves"]
        return names.map { TemporaryFolder.bytes(of: "\(folder)/\($0).nino.json") }
    }

    /// Makes the model, its neural graph and its forward pass.
    private static func read(_ bytes: [UInt8], named file: String) throws {
        let model = try Zoo.registry.model(for: ModelConfiguration(json: Data(bytes), file: file))
        _ = try? model.constructedGraph()
        let inputs = try model.inputTypes(batch: 2, length: 5)
        _ = try model.trace(inputs: inputs)
    }
}
