import ArgumentParser
import Checkpoints
import Foundation

/// The states of a step: files, folders, or the folder of a run that holds them.
struct HistoryOptions: ParsableArguments {
    @OptionGroup var states: StateArguments

    @Flag(help: "Wait for the next checkpoint of RUN_DIR, then nowcast from it and those before it.")
    var watch = false

    @Flag(
        name: .customLong("plan-only"),
        help: "Say what the step would cost each of --ranks processes, and do nothing: needs no states.")
    var planOnly = false

    func validate() throws {
        if planOnly { return }
        guard !states.isEmpty else {
            throw ValidationError("give either --history with the checkpoints or the folder of a run")
        }
        guard !watch || run != nil else { throw ValidationError("--watch needs the folder of a run") }
        if let steps, zip(steps.values, steps.values.dropFirst()).contains(where: { $0 >= $1 }) {
            throw ValidationError("--steps: expected rising numbers, oldest state first, found \(steps)")
        }
    }

    private var run: String? { states.run }
    private var history: [String] { states.history }

    /// The optimizer step of each state, where it is given.
    var steps: StepList? { states.steps }

    /// - Parameters:
    ///   - wanted: how many states the method takes; nil for any number.
    ///   - least: how many it needs.
    func requireCount(_ wanted: Int?, atLeast least: Int) throws {
        if wanted == nil {
            guard !watch || steps == nil else {
                throw ValidationError("--steps cannot tell the steps of checkpoints that --watch waits for")
            }
            // What a run's folder holds shows when it is read.
            guard run == nil else { return }
            guard history.count >= least else {
                throw ValidationError("expected at least \(least) states, found \(history.count)")
            }
        }
        if let fault = faultOfSteps(wanted ?? history.count) { throw ValidationError(fault) }
    }

    private func faultOfSteps(_ expected: Int) -> String? {
        guard let steps, steps.values.count != expected else { return nil }
        return "--steps: expected \(expected) numbers, one for each state, found \(steps.values.count)"
    }

    /// The paths of the states, oldest first.
    /// - Parameters:
    ///   - count: how many of a run's newest the method takes; nil for all.
    ///   - least: how many there must be.
    /// - Throws: `InputError` if the run has fewer, or another number of them than of steps; `Failure.interrupted`
    ///   after Ctrl-C.
    func paths(_ count: Int?, atLeast least: Int) throws -> [String] {
        guard let run else { return history }
        let folder = RunCheckpoints(run)
        let all = watch ? try folder.waitForNext(atLeast: least) : try folder.all(atLeast: least)
        if count == nil, let fault = faultOfSteps(all.count) { throw InputError(fault) }
        return all.suffix(count ?? all.count)
    }

    /// Opens the states and looks at their order.
    /// - Parameter count: how many states there must be; nil for any number.
    /// - Returns: the states and the step of each, as given, or as the files or else their names tell; nil if nothing
    ///   does.
    /// - Throws: `CheckpointError`.
    func open(_ paths: [String], count: Int?) throws -> (states: History, steps: [Int]?) {
        let (states, order) = try self.states.open(paths, count: count)
        if let order, case let distances = zip(order.dropFirst(), order).map({ $0 - $1 }), Set(distances).count > 1 {
            Output.note(
                "the states are not equally far apart: steps \(order.map(String.init).joined(separator: ", "))")
        }
        return (states, order)
    }
}

/// Steps on the command line: `200,400,600,800,1000`.
struct StepList: ExpressibleByArgument, CustomStringConvertible {
    let values: [Int]

    init?(argument: String) {
        let words = argument.split(separator: ",", omittingEmptySubsequences: false)
        values = words.compactMap { Int($0) }
        if values.count != words.count { return nil }
    }

    var description: String { values.map(String.init).joined(separator: ",") }
}
