import Foundation
import JSONText
import NeuralGraphs
import Nowcasting
import PluginHost
import Tensors

/// The trajectories of a collection with the graphs of their models; every tenth run of a family is held out, and all
/// runs of families that are not trained on.
public struct TrajectoryLibrary: Sendable {
    public struct Item: Sendable {
        public let trajectory: Trajectory
        public let graph: TrainingGraph

        public var family: String { trajectory.run.family }
    }

    public let training: [Item]
    public let heldOut: [Item]
    /// Tells these trajectories from others.
    public let identity: String
    /// What the states of all of them hold.
    public let stateKind: StateKind

    /// - Parameters:
    ///   - families: those to train on; nil for all.
    ///   - holdOut: one run in so many of each of them is held out, the last of each such group.
    ///   - graph: the graph of a config's model.
    /// - Throws: `noTrajectories`, `invalidSetting`; errors of reading and of the models.
    public init(
        folder: String, families: [String]? = nil, holdOut: Int = 10,
        graph: (_ config: JSONValue, _ name: String) throws -> NeuralGraph
    ) throws {
        guard holdOut >= 2 else {
            throw TrainingError.invalidSetting(name: "--hold-out", allowed: "at least 2", found: "\(holdOut)")
        }
        let manifest = try CollectionManifest(contentsOf: folder)
        let found = manifest.runs.map(\.run.family).distinct()
        for name in families ?? [] where !found.contains(name) {
            throw TrainingError.invalidSetting(
                name: "--tasks", allowed: "families in \(folder): \(found.joined(separator: ", "))", found: name)
        }
        var graphs: [String: TrainingGraph] = [:]
        var (training, heldOut): ([Item], [Item]) = ([], [])
        for entry in manifest.runs {
            guard let file = entry.file else { continue }
            let isHeldOut = entry.run.index % holdOut == holdOut - 1 || families?.contains(entry.run.family) == false
            let key = json(entry.run.config)
            let made = try graphs[key] ?? TrainingGraph(graph(entry.run.config, file))
            graphs[key] = made
            let item = Item(trajectory: try Self.open("\(folder)/\(file)", of: made), graph: made)
            if isHeldOut { heldOut.append(item) } else { training.append(item) }
        }
        let kinds = (training + heldOut).map(\.trajectory.run.states).distinct()
        guard kinds.count <= 1 else {
            throw TrainingError.invalidSetting(
                name: "--data", allowed: "trajectories of one kind of states",
                found: kinds.map(\.rawValue).joined(separator: " and "))
        }
        guard !training.isEmpty else {
            throw TrainingError.noTrajectories(folder: folder, wanted: "trajectories to train on")
        }
        (self.training, self.heldOut, stateKind) = (training, heldOut, kinds[0])
        let runs = (training + heldOut).map { "\($0.trajectory.run.fileName)/\($0.trajectory.stateCount)" }
        identity = "seed \(manifest.seed), \(runs.joined(separator: " "))"
    }

    /// - Throws: `trajectoryInvalid` for too few states to learn from, or of another model.
    private static func open(_ file: String, of graph: TrainingGraph) throws -> Trajectory {
        let trajectory = try Trajectory(opening: file)
        guard trajectory.stateCount > StateHistory.contextLength else {
            throw TrainingError.trajectoryInvalid(
                file: trajectory.path, key: "states", expected: "more than \(StateHistory.contextLength)",
                found: "\(trajectory.stateCount)")
        }
        guard graph.parameters == trajectory.parameters else {
            throw TrainingError.trajectoryInvalid(
                file: trajectory.path, key: "parameters", expected: "those of its model", found: "others")
        }
        return trajectory
    }
}

extension TrajectoryLibrary.Item {
    /// Where a sample may start so that at least one target is left.
    public var startCount: Int { trajectory.stateCount - StateHistory.contextLength }

    /// Five states from `start` on, and up to `horizons` that follow.
    ///
    /// - Throws: errors of reading.
    public func sample(start: Int, horizons: Int, signs: [Float]? = nil) throws -> TrainingSample {
        let range = start..<min(start + StateHistory.contextLength + horizons, trajectory.stateCount)
        var states = [[Float]](repeating: [], count: range.count)
        for index in states.indices { states[index].reserveCapacity(trajectory.parameters.count) }
        for (parameter, entry) in trajectory.parameters.entries.enumerated() {
            let values = try trajectory.states(range, of: parameter)
            for index in states.indices { states[index] += values[(index * entry.count)..<((index + 1) * entry.count)] }
        }
        return TrainingSample(graph, states: states, horizons: horizons, signs: signs)
    }
}
