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

/// A part of the work on a graph in blocks.
public enum NowcastPass: Sendable, Equatable {
    case messages(layer: Int)
    case readOut

    /// H × H products an edge takes part in, for networks of three layers.
    public var products: Int {
        switch self {
        case .messages(let layer): layer
        case .readOut: 2
        }
    }
}

/// Sees how far a nowcast is. Called from several threads at once.
public protocol NowcastObserver: Sendable {
    func began(_ pass: NowcastPass, edges: Int)
    func finished(edges: Int, of pass: NowcastPass)
    /// True if no more work is wanted: the nowcast then ends with `NowcastError.stopped`.
    var isStopped: Bool { get }
}

/// Remembers what is done, so that a run after an interruption need not do it again. Called from several threads at
/// once.
public protocol NowcastJournal: Sendable {
    /// Keeps the node terms that the read-out starts from.
    func save(_ terms: [Tensor])
    /// What was kept: `count` arrays of this shape; nil if nothing was.
    func restore(count: Int, shape: [Int]) -> [Tensor]?
    /// What part `part` of the read-out, of which the sink has everything, measured; nil if it is still to be done.
    func measure(ofPart part: Int) -> ChangeMeasure?
    /// The sink has everything of a part of the read-out.
    func finished(part: Int, _ measure: ChangeMeasure)
}

/// How far a nowcast is from the newest state.
public struct ChangeMeasure: Sendable, Equatable {
    /// Σ (nowcast − newest)².
    public var change = 0.0
    /// Σ newest².
    public var length = 0.0

    public init(change: Double = 0, length: Double = 0) {
        (self.change, self.length) = (change, length)
    }

    /// ‖nowcast − newest‖ / ‖newest‖.
    public var relative: Double { length > 0 ? (change / length).squareRoot() : 0 }

    mutating func add(newest: Float, nowcast: Float) {
        let step = Double(nowcast) - Double(newest)
        change += step * step
        length += Double(newest) * Double(newest)
    }

    public mutating func add(_ other: ChangeMeasure) {
        change += other.change
        length += other.length
    }

    /// In the order of the parts.
    static func sum(_ parts: some Sequence<ChangeMeasure>) -> ChangeMeasure {
        parts.reduce(into: ChangeMeasure()) { $0.add($1) }
    }
}
