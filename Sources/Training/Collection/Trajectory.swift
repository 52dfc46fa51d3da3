import Checkpoints
import Foundation
import JSONText
import NeuralGraphs
import PluginHost
import Tensors

/// The states of one training run in a safetensors file, a fixed number of optimizer steps apart.
///
/// `first.<name>` is the first state in float32; `change.<name>`, float16 of shape [states, …], is each state's
/// distance from it. Half precision of the weights themselves would lose too much of the changes where weights are
/// large and steps small: docs/meta-training.md.
public struct Trajectory: Sendable {
    public static let format = "nino.trajectory/1"

    public let run: CollectionRun
    /// In the model's order.
    public let parameters: ParameterList
    public let stateCount: Int
    /// What the run came to, for people.
    public let outcome: String
    private let file: Checkpoint

    /// - Throws: `CheckpointError` for the file; `trajectoryInvalid` for what it holds.
    public init(opening path: String) throws {
        let file = try Checkpoint(opening: path)
        func text(_ key: String) throws(TrainingError) -> String {
            guard let text = file.metadata[key] else {
                throw .trajectoryInvalid(file: path, key: key, expected: "an entry in the metadata", found: "nothing")
            }
            return text
        }
        let format = try text("format")
        guard format == Self.format else {
            throw TrainingError.trajectoryInvalid(file: path, key: "format", expected: Self.format, found: format)
        }
        func decoded<Content: Decodable>(_ key: String) throws -> Content {
            let text = try text(key)
            do {
                return try JSONText.decode(from: text.utf8, file: "\(path): \(key)")
            } catch {
                throw TrainingError.trajectoryInvalid(
                    file: path, key: key, expected: "JSON of this version", found: text.shown(limit: 60))
            }
        }
        run = try decoded("run")
        outcome = file.metadata["outcome"] ?? ""
        (parameters, stateCount) = try Self.tensors(decoded("parameters"), in: file)
        self.file = file
    }

    /// - Returns: the parameters of these names, and how many states there are of each.
    /// - Throws: `trajectoryInvalid`.
    private static func tensors(_ names: [String], in file: Checkpoint) throws -> (ParameterList, states: Int) {
        let path = file.path
        var list: [(name: String, shape: [Int])] = []
        var states: Int?
        for name in names {
            guard let first = file["first." + name], let change = file["change." + name] else {
                throw TrainingError.trajectoryInvalid(
                    file: path, key: name, expected: "tensors first.\(name) and change.\(name)",
                    found: "none or one of them")
            }
            guard change.shape.count == first.shape.count + 1, change.shape.dropFirst() == first.shape[...],
                change.shape[0] == states ?? change.shape[0], change.shape[0] > 0
            else {
                throw TrainingError.trajectoryInvalid(
                    file: path, key: "change." + name,
                    expected: "shape [\(states.map(String.init) ?? "states")] + \(first.shape)",
                    found: "\(change.shape)")
            }
            states = change.shape[0]
            list.append((name, first.shape))
        }
        let parameters = try ParameterList(checking: list)
        guard let states, parameters.count > 0 else {
            throw TrainingError.trajectoryInvalid(
                file: path, key: "parameters", expected: "at least one", found: "none")
        }
        return (parameters, states)
    }

    public var path: String { file.path }

    /// States `range` of a parameter, one after the other.
    ///
    /// - Returns: shape [range.count, scalars], float32.
    /// - Throws: errors of reading; `trajectoryInvalid` for NaN or infinity.
    public func states(_ range: Range<Int>, of parameter: Int) throws -> [Float] {
        precondition(range.lowerBound >= 0 && range.upperBound <= stateCount, "states \(range) of \(stateCount)")
        let entry = parameters.entries[parameter]
        let first = try file.floats("first." + entry.name)
        var values = [Float](repeating: 0, count: range.count * entry.count)
        try values.withUnsafeMutableBufferPointer { buffer in
            try file.read(
                "change." + entry.name, (range.lowerBound * entry.count)..<(range.upperBound * entry.count),
                into: buffer)
            for state in 0..<range.count {
                for index in 0..<entry.count { buffer[state * entry.count + index] += first[index] }
            }
            guard firstNonFinite(UnsafeBufferPointer(buffer)) == nil else {
                throw TrainingError.trajectoryInvalid(
                    file: path, key: entry.name, expected: "finite numbers", found: "NaN or infinity")
            }
        }
        return values
    }

    /// Writes a whole trajectory.
    ///
    /// - Parameters:
    ///   - states: flat parameter vectors, oldest first.
    ///   - outcome: what the run came to, for people.
    /// - Throws: `CheckpointError.cannotWrite`; nothing is left then.
    static func write(
        _ states: [[Float]], run: CollectionRun, parameters: ParameterList, outcome: String, version: String,
        to path: String
    ) throws {
        let tensors = parameters.entries.flatMap { entry in
            [
                TensorInfo(name: "first." + entry.name, dtype: .f32, shape: entry.shape),
                TensorInfo(name: "change." + entry.name, dtype: .f16, shape: [states.count] + entry.shape),
            ]
        }
        let metadata = [
            "format": format, "run": json(run), "parameters": json(parameters.entries.map(\.name)), "outcome": outcome,
            "version": version,
        ]
        let writer = try SafetensorsWriter(path, tensors: tensors, metadata: metadata)
        for tensor in writer.tensors {
            let isFirst = tensor.name.hasPrefix("first.")
            let entry = parameters[String(tensor.name.dropFirst(isFirst ? 6 : 7))]!
            let first = states[0][entry.range]
            if isFirst {
                try writer.write(Array(first), to: tensor.name)
            } else {
                for state in states {
                    try writer.write(zip(state[entry.range], first).map { $0 - $1 }, to: tensor.name)
                }
            }
        }
        try writer.commit()
    }
}
