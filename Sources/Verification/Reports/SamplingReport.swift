/// What was tried of a large model that no smaller one stands in for.
public struct SamplingReport: Codable, Sendable, Equatable {
    /// Groups tried one by one, besides all together.
    public let groups: Int
    /// All groups that can move.
    public let allGroups: Int
    /// Every edge block was checked against all groups, but no edge was looked at and no nowcast made.
    public let isNowcastSkipped: Bool

    var line: String {
        let groups = "  sampled: \(ReportText.count(groups)) of \(ReportText.count(allGroups)) groups tried"
        return isNowcastSkipped
            ? "\(groups); the graph by the structure of all its edge blocks, no nowcast" : groups
    }
}
