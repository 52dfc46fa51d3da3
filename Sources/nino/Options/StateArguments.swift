import ArgumentParser
import Checkpoints
import Training

/// Where the states of a training run lie: files, folders, or the folder of a run that holds them.
struct StateArguments: ParsableArguments {
    @Argument(
        help: ArgumentHelp(
            """
            The folder of a run, whose checkpoints (checkpoint-500, step_500.pt, …) are the history; or the \
            checkpoints themselves, as with --history.
            """, valueName: "run-dir"))
    var places: [String] = []

    @Option(
        name: .customLong("history"), parsing: .upToNextOption,
        help: ArgumentHelp("The checkpoints, oldest first, files or folders.", valueName: "file"))
    var named: [String] = []

    @Option(
        help: ArgumentHelp(
            "Comma-separated: the optimizer step of each state, where neither names nor files tell.",
            valueName: "steps"))
    var steps: StepList?

    func validate() throws {
        guard places.isEmpty || named.isEmpty else {
            throw ValidationError(
                "give the states either before --history or after it, found \"\(places[0])\" before and "
                    + "\"\(named[0])\" after")
        }
        for step in steps?.values ?? [] {
            try SettingBounds.require(step, "--steps", in: 0...SettingBounds.steps.upperBound, "decades of training")
        }
    }

    /// The folder of a run; nil if the states are named one by one.
    var run: String? { places.count == 1 ? places[0] : nil }

    /// The states, oldest first; empty for the folder of a run.
    var history: [String] { places.count > 1 ? places : named }

    var isEmpty: Bool { places.isEmpty && named.isEmpty }

    /// Opens the states and says which neighbours are equal.
    /// - Parameter count: how many states there must be; nil for any number.
    /// - Returns: the states and the step of each, as given, or as the files or else their names tell; nil if nothing
    ///   does.
    /// - Throws: `CheckpointError`.
    func open(_ paths: [String], count: Int?) throws -> (states: History, steps: [Int]?) {
        let states = try History(opening: paths, count: count)
        let order = try steps?.values ?? StateOrder(states.states, named: paths).steps
        for (first, second) in states.identicalNeighbours {
            Output.note("\(paths[second]): holds the same numbers as \(paths[first]): two states of one moment")
        }
        return (states, order)
    }
}
