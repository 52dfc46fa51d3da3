import Tensors

/// What a nowcast on a graph in blocks is asked for beside its result.
public struct NowcastOptions: Sendable {
    /// Passes messages along some edges only; nil: along all.
    public var sampler: EdgeSampler?
    public var observer: (any NowcastObserver)?
    public var journal: (any NowcastJournal)?
    /// Is shown the states of all nodes, [nodes, H], before the first and after each round of message passing; it may
    /// keep a copy.
    public var inspector: (@Sendable (Tensor) -> Void)?

    public init(
        sampler: EdgeSampler? = nil, observer: (any NowcastObserver)? = nil, journal: (any NowcastJournal)? = nil,
        inspector: (@Sendable (Tensor) -> Void)? = nil
    ) {
        (self.sampler, self.observer, self.journal, self.inspector) = (sampler, observer, journal, inspector)
    }
}
