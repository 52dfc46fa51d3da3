import Foundation
import Nowcasting

/// Several nowcasters on one task, each from the same seeds.
///
/// The runs of a seed advance in turns, one evaluation interval each, so that their progress shows side by side; one
/// computes at a time, so that their steps a second are comparable. A run's numbers are the same as if it ran alone.
///
/// The target is that of the settings; or, for each seed, the best that the base optimizer alone comes to within the
/// budget. Its run then goes first, to the end.
public final class Comparison {
    public struct Contender: Sendable {
        /// The base optimizer alone is called `RunResult.baseline`.
        public let label: String
        /// Nil for the base optimizer alone.
        public let nowcaster: RunNowcaster?

        public init(label: String, nowcaster: RunNowcaster?) {
            self.label = label
            self.nowcaster = nowcaster
        }
    }

    /// The runs of one seed after a turn each.
    public struct Turn: Sendable {
        public let seed: UInt64
        /// Of `labels`, in order; a run's latest state, finished or not.
        public let results: [RunResult]
        /// Seeds that are done.
        public let finishedSeeds: Int
        public let seedCount: Int
    }

    private let settings: TrainingSettings
    private let seeds: [UInt64]
    private let contenders: [Contender]
    private let model: TrainableModel
    private let data: any DataSource
    private let matchesBaseline: Bool
    private let folder: String?
    private let observers: [any TrainingObserver]
    private let onTurn: (Turn) -> Void
    /// Of the runs that are done, in the order of seeds and then of contenders.
    public private(set) var results: [RunResult] = []

    /// - Parameters:
    ///   - settings: for every run; nowcaster and seed are replaced.
    ///   - matchesBaseline: the target is what the base optimizer alone comes to; it must be among the contenders.
    ///   - folder: holds one folder a run, from which an interrupted comparison goes on; nil for none.
    ///   - onTurn: called whenever every unfinished run of a seed has advanced by one evaluation interval.
    /// - Throws: `invalidSetting` for labels or seeds that occur twice or not at all, and for a baseline that is to be
    ///   matched and is not there.
    public init(
        settings: TrainingSettings, seeds: [UInt64], contenders: [Contender], model: TrainableModel,
        data: any DataSource,
        matchesBaseline: Bool = false, folder: String? = nil, observers: [any TrainingObserver] = [],
        onTurn: @escaping (Turn) -> Void = { _ in }
    ) throws(TrainingError) {
        guard !contenders.isEmpty, contenders.map(\.label).distinct().count == contenders.count else {
            let found = contenders.map(\.label).joined(separator: ", ")
            throw .invalidSetting(
                name: "--nowcasters", allowed: "one or more different names", found: found.isEmpty ? "none" : found)
        }
        guard !seeds.isEmpty, seeds.distinct().count == seeds.count else {
            let found = seeds.map(String.init).joined(separator: ", ")
            throw .invalidSetting(
                name: "--seeds", allowed: "one or more different numbers", found: found.isEmpty ? "none" : found)
        }
        guard !matchesBaseline || contenders.contains(where: { $0.label == RunResult.baseline }) else {
            throw .invalidSetting(
                name: "--nowcasters", allowed: "\(RunResult.baseline) among them, whose best is the target",
                found: contenders.map(\.label).joined(separator: ", "))
        }
        self.settings = settings
        self.matchesBaseline = matchesBaseline
        self.seeds = seeds
        self.contenders = contenders
        self.model = model
        self.data = data
        self.folder = folder
        self.observers = observers
        self.onTurn = onTurn
    }

    /// Runs everything that is not done yet.
    ///
    /// - Returns: false if it was cancelled; every run then has a checkpoint of its last step.
    /// - Throws: as `Trainer`, except that a run that diverges is noted in its result.
    public func run(cancellation: Cancellation = Cancellation()) throws -> Bool {
        for (index, seed) in seeds.enumerated() {
            var target = settings.target
            var first: [Run] = []
            if matchesBaseline {
                let baseline = try start(
                    contenders.first { $0.label == RunResult.baseline }!, seed: seed,
                    target: settings.metric.unreachable)
                guard try advance([baseline], seedIndex: index, cancellation: cancellation) else { return false }
                target = baseline.result.best ?? target
                baseline.target = target
                first = [baseline]
            }
            let others = contenders.filter { first.isEmpty || $0.label != RunResult.baseline }
            let runs = first + (try others.map { try start($0, seed: seed, target: target) })
            guard try advance(runs, seedIndex: index, cancellation: cancellation) else { return false }
            results += runs.map(\.result)
        }
        return true
    }

    private func start(_ contender: Contender, seed: UInt64, target: Double) throws -> Run {
        var own = settings
        (own.nowcaster, own.seed, own.target) = (contender.label, seed, target)
        // Nothing to the base optimizer alone, whose saved run then serves comparisons with other ways to nowcast.
        if contender.nowcaster == nil {
            (own.period, own.firstHorizon, own.states, own.policy) = (HorizonSchedule.standardPeriod, nil, nil, nil)
        }
        return Run(
            try Trainer(
                settings: own, model: model, data: data, nowcaster: contender.nowcaster,
                folder: folder.map { RunFolder("\($0)/\(Self.folderName(contender.label, seed: seed))") },
                start: .resumeIfPossible, observers: observers))
    }

    /// Advances the runs of one seed in turns until all are done.
    private func advance(_ runs: [Run], seedIndex: Int, cancellation: Cancellation) throws -> Bool {
        // Runs that were taken up at different steps: those behind catch up first.
        while let step = runs.filter({ !$0.isDone }).map(\.trainer.step).min() {
            let interval = settings.evaluationInterval
            let goal = (step / interval + 1) * interval
            for run in runs where !run.isDone && run.trainer.step < goal {
                guard try run.advance(to: goal, cancellation: cancellation) else {
                    for other in runs where !other.isDone && other !== run { try other.trainer.save() }
                    return false
                }
            }
            onTurn(
                Turn(
                    seed: seeds[seedIndex], results: runs.map(\.result), finishedSeeds: seedIndex,
                    seedCount: seeds.count))
        }
        return true
    }

    /// A label may be a path, which is no name of one folder; nor shall the folder be a hidden one.
    private static func folderName(_ label: String, seed: UInt64) -> String {
        let safe = String(String.UnicodeScalarView(label.unicodeScalars.map { $0 == "/" || $0.value < 32 ? "_" : $0 }))
        return (safe.hasPrefix(".") ? "_" + safe.dropFirst() : safe) + "-\(seed)"
    }

    /// One run, which may end by diverging.
    private final class Run {
        let trainer: Trainer
        /// Set once the run is done: it is judged by this instead of its own.
        var target: Double?
        private var divergedAtStep: Int?
        private var isComplete = false

        init(_ trainer: Trainer) {
            self.trainer = trainer
        }

        var isDone: Bool { isComplete || divergedAtStep != nil }

        var result: RunResult {
            var result = target.map(trainer.result(target:)) ?? trainer.result
            result.divergedAtStep = divergedAtStep
            return result
        }

        func advance(to step: Int, cancellation: Cancellation) throws -> Bool {
            do {
                let goesOn = try trainer.run(until: step, cancellation: cancellation)
                isComplete = trainer.isFinished
                return goesOn
            } catch TrainingError.lossNotFinite(let step, _) {
                divergedAtStep = step
                return true
            }
        }
    }
}
