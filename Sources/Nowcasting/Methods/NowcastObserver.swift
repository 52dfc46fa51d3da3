/// Sees how far a nowcast is. Called from several threads at once.
public protocol NowcastObserver: Sendable {
    func began(_ pass: NowcastPass, edges: Int)
    func finished(edges: Int, of pass: NowcastPass)
    /// True if no more work is wanted: the nowcast then ends with `NowcastError.stopped`.
    var isStopped: Bool { get }
}
