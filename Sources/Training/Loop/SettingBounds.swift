/// What whole numbers of the command line may be. Every upper bound is far beyond use and far below where
/// sums overflow.
public enum SettingBounds {
    /// Optimizer steps: at a thousand a second, thirty years.
    public static let steps = 1...1_000_000_000_000
    /// States ahead.
    public static let horizons = 1...1_000_000

    /// - Parameter reason: why no more, in a few words.
    /// - Throws: `invalidSetting` naming the flag.
    public static func require(_ value: Int, _ name: String, in range: ClosedRange<Int>, _ reason: String)
        throws(TrainingError)
    {
        guard !range.contains(value) else { return }
        let allowed =
            value < range.lowerBound
            ? "at least \(range.lowerBound)" : "at most \(range.upperBound) (more is \(reason))"
        throw .invalidSetting(name: name, allowed: allowed, found: "\(value)")
    }
}
