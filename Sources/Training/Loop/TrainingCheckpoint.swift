import Checkpoints
import Foundation
import JSONText
import NeuralGraphs
import Nowcasting
import Tensors

/// A run in one safetensors file: weights, buffers, the optimizer's moments and the states it recorded for the next
/// nowcast, and in the metadata which run it is and where it stands. Layout: docs/training.md.
struct TrainingCheckpoint {
    /// Which run it is; a resumed run must have the same.
    struct Identity: Equatable {
        let settings: TrainingSettings
        /// JSON text of the model's config.
        let configuration: String
        /// What the nowcaster is beyond its label, such as a check sum of its file.
        let nowcaster: String
        /// `DataSource.identity`.
        let data: String
    }

    static let format = "nino.training/2"

    let identity: Identity
    var state: RunState
    var weights: [Float]
    var buffers: [String: [Float]]
    var optimizer: SavedOptimizerState

    /// Replaces the file at `path`, or leaves it as it was.
    ///
    /// - Throws: `CheckpointError.cannotWrite`.
    func write(to path: String, parameters: ParameterList, bufferShapes: [String: [Int]]) throws {
        var tensors: [String: (shape: [Int], values: ArraySlice<Float>)] = [:]
        for entry in parameters.entries { tensors["model." + entry.name] = (entry.shape, weights[entry.range]) }
        for (name, values) in buffers {
            tensors["buffer." + name] = (bufferShapes[name] ?? [values.count], values[...])
        }
        for (name, tensor) in optimizer.tensors { tensors["optimizer." + name] = (tensor.shape, tensor.array[...]) }
        let metadata = [
            "format": Self.format, "settings": json(identity.settings), "configuration": identity.configuration,
            "nowcaster": identity.nowcaster, "data": identity.data, "state": json(state),
            "optimizer_counters": json(optimizer.counters),
        ]
        let writer = try SafetensorsWriter(
            path, tensors: tensors.map { TensorInfo(name: $0, dtype: .f32, shape: $1.shape) }, metadata: metadata)
        for tensor in writer.tensors {
            try tensors[tensor.name]!.values.withUnsafeBufferPointer { try writer.write($0, to: tensor.name) }
        }
        try writer.commit()
    }

    /// Reads the checkpoint of the run `identity` from `path`.
    ///
    /// - Parameter mayExtend: the run may have another target, and more steps where nothing is spread over them.
    /// - Throws: the errors of reading; `checkpointInvalid` for what is missing or of another size; `otherRun` naming
    ///   the settings that differ; `invalidSetting` for steps that it cannot have.
    init(
        readingFrom path: String, of identity: Identity, mayExtend: Bool = false, parameters: ParameterList,
        bufferSizes: [String: Int]
    ) throws {
        let file = try Checkpoint(opening: path)
        func text(_ key: String) throws -> String {
            guard let text = file.metadata[key] else {
                throw TrainingError.checkpointInvalid(
                    file: path, key: key, expected: "an entry in the metadata", found: "nothing")
            }
            return text
        }
        func floats(_ name: String, count: Int) throws -> [Float] {
            guard let info = file[name], info.count == count else {
                throw TrainingError.checkpointInvalid(
                    file: path, key: name, expected: "\(count) values",
                    found: file[name].map { "\($0.count)" } ?? "nothing")
            }
            return try file.floats(name)
        }

        guard try text("format") == Self.format else {
            throw TrainingError.checkpointInvalid(
                file: path, key: "format", expected: Self.format, found: try text("format"))
        }
        let settings: TrainingSettings = try decode(text("settings"), key: "settings", file: path)
        let found = Identity(
            settings: settings, configuration: try text("configuration"), nowcaster: try text("nowcaster"),
            data: try text("data"))
        state = try decode(text("state"), key: "state", file: path)
        try state.check(steps: settings.steps, file: path)
        if mayExtend { try settings.require(steps: identity.settings.steps, after: state.step) }
        try Self.require(found, toBe: identity, but: mayExtend ? ["target", "steps"] : [], file: path)

        self.identity = found
        weights = try parameters.entries.flatMap { try floats("model." + $0.name, count: $0.count) }
        buffers = try bufferSizes.reduce(into: [:]) { $0[$1.key] = try floats("buffer." + $1.key, count: $1.value) }
        optimizer = try Self.optimizer(
            of: file, counters: decode(text("optimizer_counters"), key: "optimizer_counters", file: path))
    }

    private static func optimizer(of file: Checkpoint, counters: [String: Int]) throws -> SavedOptimizerState {
        var state = SavedOptimizerState(counters: counters)
        let prefix = "optimizer."
        for info in file.tensors where info.name.hasPrefix(prefix) {
            guard info.count > 0 else {
                throw TrainingError.checkpointInvalid(
                    file: file.path, key: info.name, expected: "at least one value", found: "shape \(info.shape)")
            }
            let tensor = Tensor(shape: [info.count], values: try file.floats(info.name))
            state.tensors[String(info.name.dropFirst(prefix.count))] = tensor
        }
        return state
    }

    init(
        identity: Identity, state: RunState, weights: [Float], buffers: [String: [Float]],
        optimizer: SavedOptimizerState
    ) {
        self.identity = identity
        self.state = state
        self.weights = weights
        self.buffers = buffers
        self.optimizer = optimizer
    }

    /// - Parameter free: settings that may differ.
    private static func require(
        _ found: Identity, toBe expected: Identity, but free: Set<String>, file: String
    ) throws(TrainingError) {
        var differences = found.settings.differences(to: expected.settings, but: free)
        differences += configurations(found.configuration, expected.configuration)
        // Another label says as much.
        if found.settings.nowcaster == expected.settings.nowcaster, found.nowcaster != expected.nowcaster {
            differences.append(
                SettingDifference(
                    "the check sum of --nowcaster", found: found.nowcaster, expected: expected.nowcaster))
        }
        if found.data != expected.data {
            differences.append(SettingDifference("data", found: found.data, expected: expected.data))
        }
        if !differences.isEmpty { throw .otherRun(file: file, differences) }
    }

    /// Where two configs differ, and what their runs start from.
    private static func configurations(_ found: String, _ expected: String) -> [SettingDifference] {
        func parts(_ text: String) -> (config: String, start: String) {
            guard let range = text.range(of: TrainableModel.startMark, options: .backwards) else {
                return (text, "not given")
            }
            return (String(text[..<range.lowerBound]), String(text[range.upperBound...]))
        }
        let (first, second) = (parts(found), parts(expected))
        let starts =
            first.start == second.start
            ? [] : [SettingDifference("--start", found: first.start, expected: second.start)]
        return SettingDifference.between(first.config, second.config, key: "--config").map { difference in
            SettingDifference(
                difference.key == "--config" ? "--config" : "\(difference.key) of --config", found: difference.found,
                expected: difference.expected)
        } + starts
    }
}

private func decode<Content: Decodable>(_ text: String, key: String, file: String) throws -> Content {
    do {
        return try JSONText.decode(from: text.utf8, file: "\(file): \(key)")
    } catch {
        throw TrainingError.checkpointInvalid(
            file: file, key: key, expected: "JSON of this version", found: text.shown(limit: 60))
    }
}
