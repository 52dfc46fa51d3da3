import Checkpoints
import Derivation
import Foundation
import NeuralGraphs
import PluginHost
import Tensors
import Verification

/// A network small enough for a page, with weights, an input, and what the host computes from them.
struct ExploredNetwork {
    let model: Model
    let claims: Symmetries
    /// nil where no graph can be derived.
    let graph: NeuralGraph?
    let state: ModelState
    let inputs: [String: Value]
    /// Numbers that the integers of an input stay below.
    let bounds: [String: Int]
    let program: Program
    let logits: Tensor
    /// What became of the config's numbers if a smaller model stands in for the one that was asked for.
    let changes: [ShrinkingReport.Change]

    /// Scalars that a page holds: in base64 they are two thirds of a megabyte.
    static let largest = 120_000
    private static let length = 6

    /// - Parameters:
    ///   - weights: a checkpoint of the model as it is; nil draws them from the seed, as `verify` does.
    /// - Throws: `InputError` for a model that is too large for its weights to go into a page; what reading, tracing
    ///   and running throw.
    init(_ asked: Model, weights: String?, seed: UInt64) throws {
        var random = SeededRandom(seed: seed, purpose: .trials)
        var (subject, changes): (Subject, [ShrinkingReport.Change]) = (try Self.subject(asked), [])
        let size = asked.parameters.count
        if let weights {
            guard size <= Self.largest else {
                throw InputError(
                    "--weights: a page holds at most \(Self.largest) parameters, found \(size)"
                )
            }
            state = try WeightFile.load(weights, model: asked)
        } else {
            if size > Self.largest {
                var shrinker = ModelShrinker(subject)
                (subject, changes) = try shrinker.shrink()
            }
            let drawn = RandomWeights(subject.model, using: &random)
            state = ModelState(subject.model, parameters: drawn.parameters, buffers: drawn.buffers)
        }
        (model, claims, self.changes) = (subject.model, subject.claims, changes)
        graph = subject.graph
        (inputs, program, logits) = try Self.run(state, using: &random)
        var bounds: [String: Int] = [:]
        for name in inputs.keys { bounds[name] = program.integerBound(ofInput: name) }
        self.bounds = bounds
    }

    private static func subject(_ model: Model) throws -> Subject { try Subject(model) }

    /// One example, or three where one gives a single number.
    private static func run(_ state: ModelState, using random: inout SeededRandom) throws -> (
        [String: Value], Program, Tensor
    ) {
        for batch in [1, 3] {
            let sample = try SampleInputs(state.model, batch: batch, length: length, using: &random)
            let inputs = sample.values.filter { $0.key != "labels" }
            let evaluator = try state.evaluator(inputs: inputs.mapValues(\.type), purpose: .inference)
            try evaluator.run(inputs: inputs)
            let logits = try evaluator.value(of: "logits")
            if logits.count > 1 || batch > 1 {
                return (inputs, try state.model.trace(inputs: inputs.mapValues(\.type)), logits)
            }
        }
        preconditionFailure("a batch of 3 is always taken")
    }

    /// Writes config, weights and inputs as files that `nino forward` reads.
    func write(to folder: String) throws {
        try OutputFolder.make(folder)
        let prefix = folder.hasSuffix("/") ? folder : folder + "/"
        try AtomicFile.write(model.configuration.json, to: prefix + "config.json")
        try writeWeights(to: prefix + "weights.safetensors")
        try writeInputs(to: prefix + "inputs.safetensors")
    }

    private func writeWeights(to path: String) throws {
        let parameters = model.parameters.entries.map { TensorInfo(name: $0.name, dtype: .f32, shape: $0.shape) }
        let buffers = state.buffers.map { TensorInfo(name: $0.key, dtype: .f32, shape: $0.value.shape) }
        let writer = try SafetensorsWriter(path, tensors: parameters + buffers.sorted { $0.name < $1.name })
        while let next = writer.next {
            let tensor = state.buffers[next.name] ?? state.view(next.name, of: state.parameters)!
            try writer.write(tensor.array, to: next.name)
        }
        try writer.commit()
    }

    private func writeInputs(to path: String) throws {
        let names = inputs.keys.sorted()
        let infos = names.map { name in
            let type = inputs[name]!.type
            return TensorInfo(name: name, dtype: type.elementType == .int64 ? .i64 : .f32, shape: type.shape)
        }
        let writer = try SafetensorsWriter(path, tensors: infos)
        while let next = writer.next {
            switch inputs[next.name]! {
            case .float(let tensor): try writer.write(tensor.array, to: next.name)
            case .integer(let tensor): try writer.writeInt64s(Array(tensor.values), to: next.name)
            }
        }
        try writer.commit()
    }
}
