import Checkpoints
import Foundation
import JSONText
import NeuralGraphs
import Nowcasting
import PluginHost
import Synchronization
import Tensors

/// Trains the runs of a plan and stores their trajectories, several runs at a time, each on one thread.
///
/// A trajectory is a function of the plan, the seed and the data; neither the number of jobs nor interruptions change a
/// bit. A file appears whole or not at all, so a killed collection loses the runs under way and nothing else.
public final class Collector: Sendable {
    public enum Event: Sendable {
        /// Runs whose model has been looked at, before any is trained.
        case checked(done: Int, total: Int)
        /// Steps of all runs together, this session.
        case stepped(done: Int, total: Int)
        /// Runs, this session.
        case finished(CollectionManifest.Entry, done: Int, total: Int)
    }

    private let folder: String
    private let runs: [CollectionRun]
    /// By family, its config's place in messages.
    private let places: [String: String]
    private let model: @Sendable (_ config: JSONValue, _ name: String) throws -> TrainableModel
    private let data: [String: any DataSource]
    private let manifest: Mutex<CollectionManifest>
    private let stepsDone = Atomic<Int>(0)
    private let runsDone = Atomic<Int>(0)
    private let failure = Mutex<(any Error)?>(nil)
    private let plugins = PluginLock()
    private let onEvent: @Sendable (Event) -> Void
    private let ranks: any Communicator

    /// Takes up what the folder holds.
    ///
    /// - Parameters:
    ///   - families: names to collect; nil for all.
    ///   - runsPerFamily: runs of each family that the folder shall hold.
    ///   - data: examples by task name, for every task of the plan's families that are collected.
    ///   - place: what stands before a key of the plan in messages.
    ///   - model: makes the model of a config; `name` is what messages call it.
    ///   - ranks: who share the runs; the first keeps the manifest.
    /// - Throws: `invalidSetting`; `otherRun` for a folder with another plan, seed or data; what a model cannot learn;
    ///   errors of reading and writing. Nothing is written then.
    public init(
        _ plan: CollectionPlan, families: [String]? = nil, runsPerFamily: Int, seed: UInt64, version: String,
        folder: String,
        data: [String: any DataSource], place: String = CollectionPlan.place,
        model: @escaping @Sendable (JSONValue, String) throws -> TrainableModel,
        ranks: any Communicator = SingleProcess(), onEvent: @escaping @Sendable (Event) -> Void = { _ in }
    ) throws {
        try plan.validate(place, collecting: families)
        try SettingBounds.require(runsPerFamily, "--runs", in: 1...1_000_000, "beyond what a disk holds")
        for name in families ?? [] where !plan.families.contains(where: { $0.name == name }) {
            throw TrainingError.invalidSetting(
                name: "--tasks", allowed: plan.families.map(\.name).joined(separator: ", "), found: name)
        }
        if !ranks.isFirst { try ranks.barrier() }
        var manifest = CollectionManifest(version: version, seed: seed, plan: plan, data: data.mapValues(\.identity))
        let file = "\(folder)/\(CollectionManifest.fileName)"
        if FileManager.default.fileExists(atPath: file) {
            let found = try CollectionManifest(contentsOf: file)
            try Self.require(found, toBe: manifest, file: file)
            manifest.data.merge(found.data) { new, _ in new }
            manifest.runs = found.runs
        }
        // All families advance together, so that a collection cut short is still balanced.
        let wanted = (0..<runsPerFamily).flatMap { index in
            plan.families.indices.filter { families?.contains(plan.families[$0].name) ?? true }.map {
                CollectionRun(plan, family: $0, index: index, seed: seed)
            }
        }
        manifest.adopt(wanted, in: folder)
        let done = Set(manifest.runs.map(\.run.fileName))
        let left = wanted.filter { !done.contains($0.fileName) }
        pendingCount = left.count
        runs = left.indices.filter { $0 % ranks.size == ranks.rank }.map { left[$0] }
        (self.folder, self.model, self.data, self.onEvent) = (folder, model, data, onEvent)
        self.ranks = ranks
        places = Dictionary(
            uniqueKeysWithValues: plan.families.enumerated().map { ($1.name, "\(place)families[\($0)].config") })
        self.manifest = Mutex(manifest)
        if ranks.isFirst { try check(left) }
        try RunFolder(folder).create()
        if ranks.isFirst { try manifest.write(to: folder) }
        if ranks.isFirst { try ranks.barrier() }
        // Nobody finishes a run before all know what was done.
        try ranks.barrier()
    }

    /// Runs that this session has to do, all ranks together.
    public let pendingCount: Int
    private var stepCount: Int { runs.reduce(0) { $0 + $1.steps } }

    /// Runs everything that is not done yet, `jobs` runs at a time.
    ///
    /// - Returns: false if it was cancelled.
    /// - Throws: the first error of any run; the others are then given up at their next state.
    public func run(jobs: Int, cancellation: Cancellation = Cancellation()) throws -> Bool {
        Parallel.forEachWithWorker(runs.count, workers: jobs) { index, _ in
            guard !cancellation.isRequested, failure.withLock({ $0 == nil }) else { return }
            do {
                try collect(runs[index], cancellation)
            } catch {
                failure.withLock { $0 = $0 ?? error }
            }
        }
        if let failure = failure.withLock({ $0 }) { throw failure }
        guard !cancellation.isRequested else { return false }
        do {
            try gather()
        } catch NowcastError.stopped {
            return false
        }
        return true
    }

    /// The first rank enters the runs of all in the manifest.
    private func gather() throws {
        let own = Set(runs.map(\.fileName))
        let entries = manifest.withLock { $0.runs.filter { own.contains($0.run.fileName) } }
        let all = try ranks.allGather(json(entries))
        guard ranks.isFirst, ranks.size > 1 else { return }
        try manifest.withLock { manifest in
            for text in all.dropFirst() {
                let others = try JSONDecoder().decode([CollectionManifest.Entry].self, from: Data(text.utf8))
                for entry in others {
                    manifest.add(entry)
                    onEvent(.finished(entry, done: runsDone.add(1, ordering: .relaxed).newValue, total: pendingCount))
                }
            }
            try manifest.write(to: folder)
        }
    }

    private func collect(_ run: CollectionRun, _ cancellation: Cancellation) throws {
        let trainer = try trainer(run)
        var states: [[Float]] = []
        var state = StateAccumulator(run.states)
        var divergence: String?
        while trainer.step < run.steps, divergence == nil {
            state.add(trainer.runner.weights)
            // As in a nowcast, a state is of the weights that its last step starts from.
            if (trainer.step + 1).isMultiple(of: run.interval) {
                states.append(state.state(trainer.runner.weights).array)
                state = StateAccumulator(run.states)
                if failure.withLock({ $0 != nil }) { return }
                onEvent(.stepped(done: stepsDone.add(run.interval, ordering: .relaxed).newValue, total: stepCount))
            }
            do {
                guard try trainer.run(until: trainer.step + 1, cancellation: cancellation) else { return }
            } catch TrainingError.lossNotFinite(let step, _) {
                divergence = "diverged at step \(step)"
            }
        }
        let metric = trainer.settings.metric
        let outcome = divergence ?? trainer.result.best.map { "\(metric.title) \(metric.text($0))" } ?? "not evaluated"
        try store(divergence == nil ? states : nil, of: run, trainer.runner.parameters, outcome: outcome)
    }

    /// - Parameter states: nil for a run that diverged, which is only noted.
    private func store(_ states: [[Float]]?, of run: CollectionRun, _ parameters: ParameterList, outcome: String) throws
    {
        try manifest.withLock { manifest in
            if let states {
                try Trajectory.write(
                    states, run: run, parameters: parameters, outcome: outcome, version: manifest.version,
                    to: "\(folder)/\(run.fileName)")
            }
            let entry = CollectionManifest.Entry(
                run: run, file: states == nil ? nil : run.fileName, parameters: parameters.count, outcome: outcome)
            manifest.add(entry)
            if ranks.isFirst { try manifest.write(to: folder) }
            onEvent(.finished(entry, done: runsDone.add(1, ordering: .relaxed).newValue, total: runs.count))
        }
    }

    private func trainer(_ run: CollectionRun) throws -> Trainer {
        try Trainer(settings: run.settings(), model: model(of: run), data: examples(of: run))
    }

    private func examples(of run: CollectionRun) -> any DataSource {
        guard let examples = data[run.task] else { preconditionFailure("no data for task \(run.task)") }
        return examples
    }

    private func model(of run: CollectionRun) throws -> TrainableModel {
        let place = places[run.family] ?? run.fileName
        return plugins.guarding(try plugins { try model(run.config, place) })
    }

    /// Looks at every config once, before anything is written.
    ///
    /// - Throws: what is wrong with a model, by its place in the plan.
    private func check(_ runs: [CollectionRun]) throws {
        var seen: Set<String> = []
        for (index, run) in runs.enumerated() where seen.insert("\(run.task) \(json(run.config))").inserted {
            let place = places[run.family] ?? run.fileName
            do {
                try model(of: run).check(fits: examples(of: run), task: run.task)
            } catch TrainingError.tooFewLogits(let task, let expected, let found) {
                throw TrainingError.invalidSetting(
                    name: place, allowed: "a model with at least \(expected) classes, for task \(task)",
                    found: "\(found)")
            } catch TrainingError.modelOutputMissing(let name, let found) {
                throw TrainingError.invalidSetting(
                    name: place, allowed: "a model with an output \(name)",
                    found: found.isEmpty ? "none" : found.joined(separator: ", "))
            }
            onEvent(.checked(done: index + 1, total: runs.count))
        }
    }

    private static func require(_ found: CollectionManifest, toBe expected: CollectionManifest, file: String)
        throws(TrainingError)
    {
        var differences: [SettingDifference] = []
        if found.seed != expected.seed {
            differences.append(SettingDifference("seed", found: "\(found.seed)", expected: "\(expected.seed)"))
        }
        if found.plan != expected.plan {
            differences += SettingDifference.between(json(found.plan), json(expected.plan), key: "plan")
        }
        for (task, identity) in expected.data.sorted(by: { $0.key < $1.key }) {
            if let other = found.data[task], other != identity {
                differences.append(SettingDifference("data of task \(task)", found: other, expected: identity))
            }
        }
        if !differences.isEmpty { throw .otherRun(file: file, differences) }
    }
}
