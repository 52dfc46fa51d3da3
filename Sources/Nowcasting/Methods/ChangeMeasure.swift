/// How far a nowcast is from the newest state.
public struct ChangeMeasure: Sendable, Equatable, BitwiseCopyable {
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
