/// Checks the numbers of a run that a file says: those beyond all bounds would overflow where they are added to or
/// shown.
struct NumberCheck {
    /// Longer than any run, and far below where an integer ends.
    private static let mostSeconds = 1e15

    /// What is thrown of a key, of what was expected and of what was found.
    let error: (_ key: String, _ expected: String, _ found: String) -> TrainingError

    /// A number of steps or passes; nil is right.
    func count(_ key: String, _ value: Int?, atMost limit: Int = SettingBounds.steps.upperBound)
        throws(TrainingError)
    {
        guard let value, value < 0 || value > limit else { return }
        throw error(key, "0 … \(limit)", "\(value)")
    }

    func seconds(_ key: String, _ value: Double) throws(TrainingError) {
        guard !(value >= 0 && value < Self.mostSeconds) else { return }
        throw error(key, "a number from 0 to \(Self.mostSeconds)", "\(value)")
    }

    /// - Parameter part: of each entry of the list, that is its step.
    func rising(_ key: String, part: String = "", _ steps: [Int], atMost limit: Int) throws(TrainingError) {
        var least = 0
        for (index, step) in steps.enumerated() {
            guard step >= least, step <= limit else {
                throw error("\(key)[\(index)]\(part)", "\(least) … \(limit)", "\(step)")
            }
            least = step + 1
        }
    }

    func evaluations(_ key: String, _ evaluations: [Evaluation]) throws(TrainingError) {
        for (index, evaluation) in evaluations.enumerated() {
            let place = "\(key)[\(index)]."
            try count(place + "step", evaluation.step)
            try count(place + "nowcasts", evaluation.nowcasts)
            try count(place + "horizon", evaluation.horizon)
            try count(place + "search_passes", evaluation.searchPasses)
            try seconds(place + "seconds", evaluation.seconds)
        }
    }
}

extension RunState {
    /// - Parameter steps: of the whole run.
    /// - Throws: `checkpointInvalid` for numbers that no such run comes to.
    func check(steps: Int, file: String) throws(TrainingError) {
        let check = NumberCheck { .checkpointInvalid(file: file, key: "state." + $0, expected: $1, found: $2) }
        try check.count("step", step, atMost: min(steps, SettingBounds.steps.upperBound))
        try check.seconds("seconds", seconds)
        try check.count("loss_count", lossCount, atMost: step)
        try check.count("search_passes", searchPasses)
        try check.rising("nowcast_steps", nowcastSteps, atMost: step)
        try check.rising("jump_steps", jumpSteps, atMost: step)
        try check.evaluations("evaluations", evaluations)
        try check.rising("evaluations", part: ".step", evaluations.map(\.step), atMost: step)
    }
}

extension MetaTrainer.State {
    /// - Parameters:
    ///   - steps: of the whole meta-training.
    ///   - updates: of the optimizer, now and in the last good state.
    /// - Throws: `checkpointInvalid` for numbers that no such meta-training comes to.
    func check(steps: Int, updates: (now: Int, good: Int), file: String) throws(TrainingError) {
        let check = NumberCheck { .checkpointInvalid(file: file, key: $0, expected: $1, found: $2) }
        try check.count("state.step", step, atMost: steps)
        try check.seconds("state.seconds", seconds)
        for (key, value) in [
            ("state.lossCount", lossCount), ("state.skippedInARow", skippedInARow), ("state.skipped", skipped),
            ("state.reductions", reductions), ("updates", updates.now), ("goodUpdates", updates.good),
        ] {
            try check.count(key, value, atMost: step)
        }
        try check.rising("state.metrics", part: ".step", metrics.map(\.step), atMost: step)
    }
}

extension RunResult {
    /// - Throws: what `check` says of numbers that no run comes to.
    func check(_ check: NumberCheck) throws(TrainingError) {
        let counts: [(key: String, value: Int?)] = [
            ("budget", budget), ("steps_to_target", stepsToTarget), ("steps", steps),
            ("diverged_at_step", divergedAtStep),
        ]
        for (key, value) in counts { try check.count(key, value) }
        try check.seconds("seconds", seconds)
        try check.evaluations("evaluations", evaluations)
        for (key, list) in [("nowcast_steps", nowcastSteps), ("jump_steps", jumpSteps)] {
            try check.rising(key, list, atMost: SettingBounds.steps.upperBound)
        }
    }
}
