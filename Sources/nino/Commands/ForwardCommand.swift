import ArgumentParser
import Checkpoints
import NeuralGraphs
import PluginHost
import Tensors

struct ForwardCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "forward",
        abstract: "Run a model: logits, and with labels the loss and its gradients.",
        usage: "nino forward <options>",
        discussion:
            "Inputs are one safetensors file: `pixels` f32 [B, C, H, W] or `input_ids` i64 [B, T], and `labels` i64 "
            + "if there are any."
    )

    @Option(help: "A config: a path, or a name that nino configs lists.")
    var config: String

    @Option(help: ArgumentHelp("The model's weights: safetensors, sharded or .pt.", valueName: "file"))
    var weights: String

    @Option(help: ArgumentHelp("The inputs.", valueName: "file"))
    var inputs: String

    @Option(help: ArgumentHelp("Where logits and loss go.", valueName: "file"))
    var out: String

    @Option(
        help: ArgumentHelp("Where the gradient of the loss with respect to each parameter goes.", valueName: "file"))
    var grads: String?

    @OptionGroup var common: CommonOptions

    private struct Result: Encodable {
        let logits: [Int]
        let loss: Float?
    }

    func run() throws {
        try common.apply()
        try OutputFiles.check([("--out", out), ("--grads", grads)], inputs: [config, weights, inputs])
        for (option, path) in [("--out", out), ("--grads", grads)] {
            if let path { try OutputFiles.requireSafetensors(path, option: option) }
        }
        let model = try common.model(config)
        let state = try WeightFile.load(weights, model: model)
        let values = try InputFile.values(Checkpoint(opening: inputs))
        if grads != nil, values["labels"] == nil {
            throw InputError("\(inputs): tensor \"labels\": needed for --grads, found none")
        }
        let evaluator = try evaluator(of: state, for: values)
        try evaluator.run(inputs: values)
        let loss = values["labels"] == nil ? nil : try evaluator.value(of: "loss")
        let logits = try evaluator.value(of: "logits")
        try write(["logits": logits] + (loss.map { ["loss": $0] } ?? [:]), to: out)
        if let grads {
            try evaluator.backward(from: "loss")
            let views = model.parameters.entries.map { ($0.name, state.view($0.name, of: state.gradients)!) }
            try write(Dictionary(uniqueKeysWithValues: views), to: grads)
        }
        if common.json {
            try Output.json(Result(logits: logits.shape, loss: loss?.array.first))
        } else {
            Output.line("logits \(logits.shape)" + (loss.map { ", loss \($0.array[0])" } ?? ""))
        }
    }

    private func evaluator(of state: ModelState, for values: [String: Value]) throws -> Evaluator {
        do {
            return try state.evaluator(
                inputs: values.mapValues(\.type), purpose: grads == nil ? .inference : .training)
        } catch let error as PluginHostError {
            // The config was accepted before: what the plugin refuses now are the inputs.
            guard case .configurationRefused(_, _, let message) = error else { throw error }
            throw InputError("\(inputs): \(message)")
        }
    }

    private func write(_ tensors: [String: Tensor], to path: String) throws {
        let infos = tensors.map {
            TensorInfo(name: $0.key, dtype: .f32, shape: $0.value.shape.isEmpty ? [1] : $0.value.shape)
        }
        let writer = try SafetensorsWriter(path, tensors: infos)
        while let next = writer.next { try writer.write(tensors[next.name]!.array, to: next.name) }
        try writer.commit()
    }
}

extension Dictionary {
    fileprivate static func + (first: Dictionary, second: Dictionary) -> Dictionary {
        first.merging(second) { $1 }
    }
}
