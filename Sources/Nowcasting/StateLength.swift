import Tensors

/// How long a state is, in steps.
///
/// `NowcastPolicy.search` begins with states of half the length. At first training changes its ways soon: what it does now shows in short states, and there are
/// five of them, and a trial of three, in half the time. Later a short state moves by noise more than by progress, and two become one.
struct StateLength {
    /// Steps of a state in the end.
    let full: Int
    /// Completed steps at which states become longer; 0 if they are of full length from the first.
    let growth: Int

    /// With 24 of 100 steps convolutional networks come to Adam's best after 5,720 steps, with none after 6,430, with all of them short
    /// after 6,650 (FM-16, means of three seeds).
    static let standardShortStates = 24

    /// - Parameter shortStates: states of half the length that come first, where `full` has a half: none, or an even number that makes a history of long ones.
    init(full: Int, shortStates: Int) {
        precondition(
            shortStates == 0 || shortStates.isMultiple(of: 2) && shortStates >= 2 * (StateHistory.contextLength - 1),
            "expected 0 or an even number of at least 8 short states, found \(shortStates)")
        self.full = full
        growth = full.isMultiple(of: 2) ? shortStates * full / 2 : 0
    }

    /// Steps of the state that comes next.
    func steps(after completedSteps: Int) -> Int { completedSteps < growth ? full / 2 : full }

    /// States that are kept: those that the next nowcast sees besides a new one, and before states grow, as many pairs.
    func kept(after completedSteps: Int) -> Int { (completedSteps < growth ? 2 : 1) * (StateHistory.contextLength - 1) }

    /// Each two states as one.
    ///
    /// - Parameter states: oldest first, an even number of shape [parameters].
    static func joined(_ states: [Tensor], _ kind: StateKind) -> [Tensor] {
        stride(from: 0, to: states.count, by: 2).map { index in
            let (older, newer) = (states[index], states[index + 1])
            switch kind {
            case .snapshot: return newer
            case .mean: return NowcastSearch.mean(older, newer)
            }
        }
    }
}
