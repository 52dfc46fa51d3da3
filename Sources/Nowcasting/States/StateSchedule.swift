import Tensors

/// How long a state is, in steps.
///
/// `NowcastPolicy.search` begins with states of a quarter of the full length and doubles it whenever a run has become
/// twice as old: early on training changes its ways soon, later a short state moves by noise more than by progress.
/// Measured in docs/notes/2026-11-26-search.md.
struct StateSchedule {
    /// Steps of a state, and completed steps from which on it has that length; oldest first.
    private let stages: [(steps: Int, start: Int)]

    static let standardShortStates = 24
    /// Of the full length, at most; less where that is no multiple of four.
    private static let shortestShare = 4
    /// A nowcast takes the place of a training step, and one must be left.
    private static let shortest = 2

    /// - Parameter shortStates: states of the shortest length that come first, where `full` has a half: none, or an
    ///   even number that makes a history of longer ones.
    init(full: Int, shortStates: Int) {
        precondition(
            shortStates == 0 || shortStates.isMultiple(of: 2) && shortStates >= 2 * (StateHistory.contextLength - 1),
            "expected 0 or an even number of at least 8 short states, found \(shortStates)")
        var stages = [(steps: full, start: 0)]
        while shortStates > 0, full / stages[0].steps < Self.shortestShare, stages[0].steps.isMultiple(of: 2),
            stages[0].steps > Self.shortest
        {
            stages.insert((steps: stages[0].steps / 2, start: 0), at: 0)
        }
        for index in stages.indices.dropFirst() { stages[index].start = shortStates * stages[0].steps << (index - 1) }
        self.stages = stages
    }

    private func stage(after completedSteps: Int) -> (steps: Int, start: Int) {
        stages.last { $0.start <= completedSteps }!
    }

    /// Steps of the state that comes next.
    func steps(after completedSteps: Int) -> Int { stage(after: completedSteps).steps }

    /// Whether two states become one now.
    func grows(after completedSteps: Int) -> Bool { stages.dropFirst().contains { $0.start == completedSteps } }

    /// Most states that are kept: those that the next nowcast sees besides a new one, and before states grow, as many
    /// pairs.
    func mostKept(after completedSteps: Int) -> Int {
        (stage(after: completedSteps).start == stages.last!.start ? 1 : 2) * (StateHistory.contextLength - 1)
    }

    /// States that there are.
    func kept(after completedSteps: Int) -> Int {
        let stage = stage(after: completedSteps)
        let joined = stage.start == 0 ? 0 : StateHistory.contextLength - 1
        return min(joined + (completedSteps - stage.start) / stage.steps, mostKept(after: completedSteps))
    }

    /// Each two states as one.
    ///
    /// - Parameter states: oldest first, an even number of shape [parameters].
    static func joined(_ states: [Tensor], _ kind: StateKind) -> [Tensor] {
        stride(from: 0, to: states.count, by: 2).map { index in
            let (older, newer) = (states[index], states[index + 1])
            switch kind {
            case .snapshot: return newer
            case .mean: return NowcastSearch.mean([older, newer])
            }
        }
    }
}
