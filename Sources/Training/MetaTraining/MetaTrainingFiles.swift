import Checkpoints
import Foundation
import JSONText
import NeuralGraphs
import Nowcasting
import Tensors

/// The files of a meta-training beside the network it makes, `NAME.safetensors`: `NAME.training.safetensors` to resume
/// from, `NAME.metrics.jsonl`, a validation a line, and `NAME.html`, its curves. Layout: docs/meta-training.md.
public struct MetaTrainingFiles {
    public let network: String
    private let base: String
    /// Tells the trajectories from others.
    private let data: String
    /// Where the numbers come from, for the page.
    public var facts: [(name: String, value: String)] = []
    /// False on ranks of a shared training but the first.
    public var isWriting = true
    private let writeNetwork: (_ path: String, _ metadata: [String: String]) throws -> Void

    static let format = "nino.meta-training/1"
    private static let suffix = ".safetensors"

    /// - Parameter path: of the network; must end in `.safetensors`.
    /// - Throws: `invalidSetting`.
    public init(
        _ path: String, data: String,
        writeNetwork: @escaping (_ path: String, _ metadata: [String: String]) throws -> Void
    ) throws(TrainingError) {
        guard path.hasSuffix(Self.suffix), path.count > Self.suffix.count else {
            throw .invalidSetting(name: "--out", allowed: "a name that ends in \(Self.suffix)", found: path)
        }
        network = path
        base = String(path.dropLast(Self.suffix.count))
        (self.data, self.writeNetwork) = (data, writeNetwork)
    }

    public var state: String { base + ".training" + Self.suffix }
    public var metrics: String { base + ".metrics.jsonl" }
    public var report: String { base + ".html" }

    /// All that a resumed meta-training needs.
    struct Saved {
        let state: MetaTrainer.State
        let weights: Tensor
        let moments: SavedOptimizerState
        let goodWeights: Tensor
        let goodMoments: SavedOptimizerState
    }

    private struct Header: Codable {
        let state: MetaTrainer.State
        let updates: Int
        let goodUpdates: Int
    }

    private static let firstMoment = "exp_avg"
    private static let secondMoment = "exp_avg_sq"
    private static let counter = "step"

    func write(_ trainer: MetaTrainer) throws {
        guard isWriting else { return }
        let moments = trainer.optimizer.savedState
        var tensors = moments.tensors
        tensors["weights"] = trainer.objective.weights
        tensors["good.weights"] = trainer.good.weights
        for (name, tensor) in trainer.good.moments.tensors { tensors["good." + name] = tensor }
        let header = Header(
            state: trainer.state, updates: moments.counters[Self.counter] ?? 0,
            goodUpdates: trainer.good.moments.counters[Self.counter] ?? 0)
        let metadata = ["format": Self.format, "settings": json(trainer.settings), "data": data, "state": json(header)]
        let writer = try SafetensorsWriter(
            state, tensors: tensors.map { TensorInfo(name: $0, dtype: .f32, shape: $1.shape) }, metadata: metadata)
        for tensor in writer.tensors {
            try writer.write(UnsafeBufferPointer(tensors[tensor.name]!.values), to: tensor.name)
        }
        try writer.commit()
        try writeNetwork(network, ["meta_training": json(trainer.settings), "steps": "\(trainer.state.step)"])
        try AtomicFile.write(trainer.metrics.map { json($0) + "\n" }.joined(), to: metrics)
        try AtomicFile.write(
            MetaReport(settings: trainer.settings, metrics: trainer.metrics, facts: facts).html, to: report)
    }

    /// - Throws: `invalidSetting` where nothing is, `otherRun`, `checkpointInvalid`; errors of reading.
    func read(settings: MetaTrainingSettings, parameters: ParameterList) throws -> Saved {
        guard FileManager.default.fileExists(atPath: state) else {
            throw TrainingError.invalidSetting(
                name: state, allowed: "the state of a meta-training to resume", found: "nothing")
        }
        let file = try Checkpoint(opening: state)
        func text(_ key: String) throws(TrainingError) -> String {
            guard let text = file.metadata[key] else {
                throw .checkpointInvalid(file: state, key: key, expected: "an entry in the metadata", found: "nothing")
            }
            return text
        }
        let format = try text("format")
        guard format == Self.format else {
            throw TrainingError.checkpointInvalid(file: state, key: "format", expected: Self.format, found: format)
        }
        let differences =
            try SettingDifference.between(
                text("settings"), json(settings), key: "settings", named: MetaTrainingSettings.options)
            + SettingDifference.firstWord(text("data"), data, key: "the trajectories (--data, --tasks, --hold-out)")
        if !differences.isEmpty { throw TrainingError.otherRun(file: state, differences) }
        guard let header = try? JSONText.decode(Header.self, from: text("state").utf8, file: state) else {
            throw TrainingError.checkpointInvalid(
                file: state, key: "state", expected: "JSON of this version", found: "something else")
        }
        try header.state.check(
            steps: settings.steps, updates: (header.updates, header.goodUpdates), file: state)
        func tensor(_ name: String) throws -> Tensor {
            guard let info = file[name], info.count == parameters.count else {
                throw TrainingError.checkpointInvalid(
                    file: state, key: name, expected: "\(parameters.count) values",
                    found: file[name].map { "\($0.count)" } ?? "nothing")
            }
            return Tensor(shape: [info.count], values: try file.floats(name))
        }
        func moments(_ prefix: String, updates: Int) throws -> SavedOptimizerState {
            SavedOptimizerState(
                tensors: [
                    Self.firstMoment: try tensor(prefix + Self.firstMoment),
                    Self.secondMoment: try tensor(prefix + Self.secondMoment),
                ],
                counters: [Self.counter: updates])
        }
        return Saved(
            state: header.state, weights: try tensor("weights"), moments: try moments("", updates: header.updates),
            goodWeights: try tensor("good.weights"),
            goodMoments: try moments("good.", updates: header.goodUpdates))
    }

    /// A training is resumed or moved away, never overwritten.
    ///
    /// - Throws: `trainingExists`, or `runFinished` for a network that somebody made elsewhere.
    func refuseOther() throws(TrainingError) {
        guard let file = try? Checkpoint(opening: state), let text = file.metadata["state"],
            let header = try? JSONText.decode(Header.self, from: text.utf8, file: state)
        else {
            if FileManager.default.fileExists(atPath: network) { throw .runFinished(folder: network) }
            return
        }
        let settings = file.metadata["settings"].flatMap {
            try? JSONText.decode(MetaTrainingSettings.self, from: $0.utf8, file: state)
        }
        throw .trainingExists(file: state, done: header.state.step, of: settings?.steps ?? header.state.step)
    }
}
