import ArgumentParser
import Checkpoints

/// The states of a backtest: files, folders, or the folder of a run that holds them.
struct BacktestStates: ParsableArguments {
    @OptionGroup var states: StateArguments

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

    /// Opens the states, with the step of each: as given, as the states tell, or else 0, 1, 2, ….
    /// - Throws: `CheckpointError`; `InputError` for a number of steps that is not that of the states.
    func open(_ paths: [String]) throws -> (states: History, steps: [Int]) {
        let (states, steps) = try self.states.open(paths, count: nil)
        guard let steps else { return (states, Array(paths.indices)) }
        guard steps.count == paths.count else {
            throw InputError("--steps: expected \(paths.count) numbers, found \(steps.count)")
        }
        return (states, steps)
    }
}
