import Foundation

/// Several nowcasters on one task, each from the same seeds.
///
/// The runs of a seed advance in turns, one evaluation interval each, so that their progress shows side by side; one
/// computes at a time, so that their steps a second are comparable. A run's numbers are the same as if it ran alone.
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
    private let folder: String?
    private let observers: [any TrainingObserver]
    private let onTurn: (Turn) -> Void
    /// Of the runs that are done, in the order of seeds and then of contenders.
    public private(set) var results: [RunResult] = []

    /// - Parameters:
    ///   - settings: for every run; nowcaster and seed are replaced.
    ///   - folder: holds one folder a run, from which an interrupted comparison goes on; nil for none.
    ///   - onTurn: called whenever every unfinished run of a seed has advanced by one evaluation interval.
    /// - Throws: `invalidSetting` for labels or seeds that occur twice or not at all.
    public init(
        settings: TrainingSettings, seeds: [UInt64], contenders: [Contender], model: TrainableModel, data: any DataSource,
        folder: String? = nil, observers: [any TrainingObserver] = [], onTurn: @escaping (Turn) -> Void = { _ in }
    ) throws(TrainingError) {
        guard !contenders.isEmpty, contenders.map(\.label).distinct().count == contenders.count else {
            let found = contenders.map(\.label).joined(separator: ", ")
            throw .invalidSetting(name: "--nowcasters", allowed: "one or more different names", found: found.isEmpty ? "none" : found)
        }
        guard !seeds.isEmpty, seeds.distinct().count == seeds.count else {
            let found = seeds.map(String.init).joined(separator: ", ")
            throw .invalidSetting(name: "--seeds", allowed: "one or more different numbers", found: found.isEmpty ? "none" : found)
        }
        self.settings = settings
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
            let runs = try contenders.map { contender in
                var own = settings
                own.nowcaster = contender.label
                own.seed = seed
                let trainer = try Trainer(
                    settings: own, model: model, data: data, nowcaster: contender.nowcaster,
                    folder: folder.map { RunFolder("\($0)/\(Self.folderName(contender.label, seed: seed))") },
                    start: .resumeIfPossible, observers: observers)
                return Run(trainer)
            }
            guard try advance(runs, seedIndex: index, cancellation: cancellation) else { return false }
            results += runs.map(\.result)
        }
        return true
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
                Turn(seed: seeds[seedIndex], results: runs.map(\.result), finishedSeeds: seedIndex, seedCount: seeds.count))
        }
        return true
    }

    private static func folderName(_ label: String, seed: UInt64) -> String {
        let safe = label.unicodeScalars.map { scalar in
            scalar == "/" || scalar.value < 32 ? "_" : Character(scalar)
        }
        return "\(String(safe))-\(seed)"
    }

    /// One run, which may end by diverging.
    private final class Run {
        let trainer: Trainer
        private var divergedAtStep: Int?
        private var isComplete = false

        init(_ trainer: Trainer) {
            self.trainer = trainer
        }

        var isDone: Bool { isComplete || divergedAtStep != nil }

        var result: RunResult {
            var result = trainer.result
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
