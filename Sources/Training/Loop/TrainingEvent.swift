/// What happens in a run, in order, for those who watch it.
public enum TrainingEvent: Sendable {
    /// Steps are about to begin; `step` is 0 or the step that the run is taken up from.
    case started(step: Int)
    /// A step is done. `loss` is nil for a nowcast.
    case stepped(step: Int, loss: Float?)
    /// The step just done was a nowcast, which took the place of the weights.
    case nowcast(step: Int, horizon: Int)
    /// The step just done would have been a nowcast, but what was predicted for `parameter` was not finite; the weights
    /// are as they were.
    case nowcastRefused(step: Int, horizon: Int, parameter: String)
    case evaluated(Evaluation)
    /// A checkpoint is on the disk.
    case saved(step: Int, folder: String)
    case finished(RunResult)
}

/// Watches runs. Called on the thread that trains, between steps.
public protocol TrainingObserver: AnyObject {
    func observe(_ event: TrainingEvent, of settings: TrainingSettings)
}
