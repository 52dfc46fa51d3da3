/// How far one result of a step looks ahead.
struct StepHorizon {
    /// States; nil where a step is asked for.
    let states: Int?
    /// The step that is asked for.
    let step: Int?
    /// The same as nowcasters count: states, or for a combiner steps after the last state.
    let ahead: Int

    /// - Parameter distance: of two states, as the nowcaster counts.
    static func states(_ count: Int, distance: Int = 1) -> StepHorizon {
        // Steps that names hold may be any number.
        let (ahead, isTooFar) = count.multipliedReportingOverflow(by: distance)
        return StepHorizon(states: count, step: nil, ahead: isTooFar ? .max : ahead)
    }

    static func step(_ step: Int, after last: Int) -> StepHorizon {
        StepHorizon(states: nil, step: step, ahead: step - last)
    }

    /// In the names of files.
    var label: String { states.map { "k\($0)" } ?? "to\(step!)" }

    /// For people.
    var text: String {
        states.map { "\(counted($0, "state")) ahead" } ?? "to step \(step!)"
    }
}
