/// Which forecast of a backtest: by what method, from which state, of which one.
public struct ForecastName: Sendable, Hashable {
    public let method: String
    /// The newest state that it is made from, and the one it is of, counted from the oldest.
    public let newest: Int
    public let target: Int

    public init(method: String, newest: Int, target: Int) {
        (self.method, self.newest, self.target) = (method, newest, target)
    }

    /// In states.
    public var horizon: Int { target - newest }

    /// As files call it: `nino-800-1200`, method and steps of both states.
    public func text(_ steps: [Int]) -> String { "\(method)-\(steps[newest])-\(steps[target])" }
}
