import Nowcasting

extension TrainingSettings {
    /// Checks that a run of these settings can go on to another number of steps.
    ///
    /// - Parameter done: completed steps.
    /// - Throws: `invalidSetting` for fewer than are done, and for another number where learning rate or horizons are
    ///   spread over the steps: the run would have been another one from its beginning.
    func require(steps asked: Int, after done: Int) throws(TrainingError) {
        guard asked != steps else { return }
        let isSpread =
            (schedule ?? .constant) != .constant || nowcaster != RunResult.baseline && policy == .schedule
        guard !isSpread else {
            let what = (schedule ?? .constant) != .constant ? "the learning rate falls" : "horizons fall"
            throw .invalidSetting(
                name: "--steps", allowed: "\(steps), over which \(what) in this run", found: "\(asked)")
        }
        guard asked >= done else {
            throw .invalidSetting(name: "--steps", allowed: "at least \(done), which are done", found: "\(asked)")
        }
    }
}
