import ArgumentParser
import Checkpoints
import Foundation

/// The states of a backtest: files, folders, or the folder of a run that holds them; and the means of the weights
/// between them.
struct BacktestStates: ParsableArguments {
    @OptionGroup var states: StateArguments

    @Option(
        name: .customLong("means"), parsing: .upToNextOption,
        help: ArgumentHelp(
            """
            Checkpoints with the mean of the weights over the steps since the state before, one for each state, or \
            the folder that holds them: forecasts are made from them too. Those of a run's folder are found.
            """, valueName: "file"))
    var namedMeans: [String] = []

    private var run: String? { states.run }
    private var history: [String] { states.history }
    private var steps: StepList? { states.steps }

    func validate() throws {
        guard !states.isEmpty else {
            throw ValidationError("give either --history with six or more checkpoints, or the folder of a run")
        }
        if let steps, run == nil, steps.values.count != history.count {
            throw ValidationError(
                "--steps: expected \(history.count) numbers, one for each state, found \(steps.values.count)")
        }
    }

    /// - Parameter least: how many there must be.
    /// - Throws: `InputError` if the run has fewer.
    func paths(atLeast least: Int) throws -> [String] {
        try run.map { try RunCheckpoints($0).all(atLeast: least) } ?? history
    }

    /// Of the means that are given, else of those that `nino train --keep` left in the run's folder.
    ///
    /// - Parameter count: of the states.
    /// - Throws: `InputError` for another number of means.
    func means(for count: Int) throws -> [String] {
        guard let first = namedMeans.first else { return try meansOfRun(count) }
        let means = namedMeans.count == 1 ? try RunCheckpoints(first).all(atLeast: count) : namedMeans
        guard means.count == count else {
            throw InputError("--means: expected \(count) checkpoints, one for each state, found \(means.count)")
        }
        return means
    }

    /// A run that was killed may have kept a state without its mean.
    private func meansOfRun(_ count: Int) throws -> [String] {
        guard let run, case let folder = run + "/means", FileManager.default.fileExists(atPath: folder) else {
            return []
        }
        let means = try RunCheckpoints(folder).all(atLeast: 0)
        guard means.count == count else {
            Output.note("\(folder): expected \(count) means, one for each state, found \(means.count): left out")
            return []
        }
        return means
    }

    /// Opens the states, with the step of each: as given, as the states tell, or else 0, 1, 2, ….
    ///
    /// - Returns: the means stand behind the states.
    /// - Throws: `CheckpointError`; `InputError` for a number of steps that is not that of the states, and for means of
    ///   other steps.
    func open(_ paths: [String], means: [String]) throws -> (states: History, steps: [Int]) {
        let (states, known) = try self.states.open(paths, count: nil)
        let steps = known ?? Array(paths.indices)
        guard steps.count == paths.count else {
            throw InputError("--steps: expected \(paths.count) numbers, found \(steps.count)")
        }
        guard !means.isEmpty else { return (states, steps) }
        let all = try History(opening: paths + means, count: nil)
        // Steps that are given may count otherwise than files and names do.
        let told = self.steps == nil ? known : nil
        let ownSteps = try StateOrder(Array(all.states[paths.count...]), named: means).steps
        for (index, (own, step)) in zip(ownSteps ?? [], told ?? []).enumerated() where own != step {
            throw InputError("\(means[index]): expected the mean up to step \(step), found step \(own)")
        }
        return (all, steps)
    }
}
