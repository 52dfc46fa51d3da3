/// What a nowcast on a graph is asked for beside its result.
public struct NowcastOptions: Sendable {
    /// Passes messages along some edges only; nil: along all.
    public var sampler: EdgeSampler?
    public var observer: (any NowcastObserver)?
    public var journal: (any NowcastJournal)?

    public init(
        sampler: EdgeSampler? = nil, observer: (any NowcastObserver)? = nil, journal: (any NowcastJournal)? = nil
    ) {
        (self.sampler, self.observer, self.journal) = (sampler, observer, journal)
    }
}
