/// What a nowcast on a graph is asked for beside its result.
public struct NowcastOptions: Sendable {
    /// Passes messages along some edges only; nil: along all.
    public var sampler: EdgeSampler?
    public var observer: (any NowcastObserver)?
    public var journal: (any NowcastJournal)?
    /// Bytes that states may take: if all fit as float32 they are read once and kept, else wherever they are needed.
    public var memory: Int
    /// Who shares the work: each of them makes the same call, and its sinks are given its part of the result.
    public var ranks: any Communicator

    public init(
        sampler: EdgeSampler? = nil, observer: (any NowcastObserver)? = nil, journal: (any NowcastJournal)? = nil,
        memory: Int = 0, ranks: any Communicator = SingleProcess()
    ) {
        (self.sampler, self.observer, self.journal) = (sampler, observer, journal)
        (self.memory, self.ranks) = (memory, ranks)
    }
}
