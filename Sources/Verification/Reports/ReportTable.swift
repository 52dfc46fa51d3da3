import Presentation

/// The report of one model as a table for people. Made of nothing but the record, so that it can be drawn elsewhere
/// than the proofs ran.
public struct ReportTable {
    private let report: VerificationReport

    public init(_ report: VerificationReport) {
        self.report = report
    }

    /// A line, and whether it says yes, no, or neither.
    public struct Line: Sendable, Equatable {
        public let text: String
        public var holds: Bool?
    }

    private static let header: [TextTable.Column] = [
        .init("group"), .init("size", isNumber: true), .init("acts on", isOptional: true), .init("function"),
        .init("graph"),
        .init("nowcast"), .init("controls"),
    ]

    /// The lines without a limit.
    public var lines: [String] { lines(width: nil).map(\.text) }

    /// - Parameter width: columns of the window; nil for no limit.
    public func lines(width: Int?) -> [Line] {
        var table = TextTable(Self.header, indent: 2)
        table.rows = FoldedGroups(report.groups).rows.map(cells)
        let rows = report.groups.isEmpty ? [] : table.lines(width: width)
        func wrapped(_ lines: [String], holds: Bool? = nil) -> [Line] {
            lines.flatMap { TextWrapping.lines(of: $0, width: width, hang: 4) }.map { Line(text: $0, holds: holds) }
        }
        let head = [title] + (report.shrinking.map(Self.lines) ?? []) + (report.sampling.map { [$0.line] } ?? [])
        return wrapped(head) + rows.map { Line(text: $0) }
            + wrapped(idle + derivation) + wrapped(failures, holds: false) + wrapped([verdict], holds: report.holds)
    }

    private var title: String {
        "\(report.plugin)  \(report.model): \(Self.text(report.size))"
    }

    private static func text(_ size: VerificationReport.Size) -> String {
        "\(ReportText.count(size.parameters)) parameters, \(ReportText.count(size.nodes)) nodes, "
            + "\(ReportText.count(size.edges)) edges"
    }

    private static func lines(_ shrinking: ShrinkingReport) -> [String] {
        let changes = shrinking.changes.map { "\($0.key) \($0.from) → \($0.to)" }.joined(separator: ", ")
        let verdict =
            shrinking.failures.isEmpty
            ? "follow their groups" : "checked, \(shrinking.failures.count) of them depart from their groups"
        return [
            "  stands in for \(text(shrinking.fullSize)): \(changes)",
            "  at full size all \(ReportText.count(shrinking.edgeBlocks)) edge blocks \(verdict)",
        ]
    }

    private func cells(_ row: FoldedGroups.Row) -> [String] {
        let all = row.actsOn.map { $0.count == 1 ? $0.segment : "\($0.segment) ×\($0.count)" }
        let places = Self.shortened(all)
        let controls = row.controls.total == 0 ? "" : "\(row.controls.caught) of \(row.controls.total)"
        let inert = row.controls.inert.isEmpty ? "" : ", \(row.controls.inert.count) inert"
        let open = row.controls.inconclusive.isEmpty ? "" : ", \(row.controls.inconclusive.count) open"
        return [
            row.name, row.size == 0 ? "" : "\(row.size)", places, ReportText.error(row.functionError),
            row.graph ? "yes" : "NO",
            report.sampling?.isNowcastSkipped ?? false ? "-" : ReportText.error(row.nowcastError),
            controls + inert + open,
        ]
    }

    /// As many items as fit into a column, and how many more there are.
    private static func shortened(_ items: [String]) -> String {
        var shown: [String] = []
        for item in items where shown.isEmpty || shown.joined(separator: ", ").count + item.count <= 70 {
            guard shown.count == items.firstIndex(of: item) ?? 0 else { break }
            shown.append(item)
        }
        let rest = items.count - shown.count
        return shown.joined(separator: ", ") + (rest > 0 ? " and \(rest) more" : "")
    }

    private var idle: [String] {
        report.idleGroups.isEmpty ? [] : ["  of one item, at rest: \(report.idleGroups.joined(separator: ", "))"]
    }

    private var derivation: [String] {
        (report.derivation?.lines ?? []).map { "  derivation: \($0)" }
    }

    /// Those of layers that are alike in one line.
    private var failures: [String] {
        let all = report.failures + (report.shrinking?.failures ?? [])
        let alike = Dictionary(grouping: all, by: \.pattern)
        var seen: Set<String> = []
        return all.filter { seen.insert($0.pattern).inserted }.map { failure in
            // What the structure says names the groups itself.
            let isNamed =
                failure.groups.isEmpty
                || failure.proof == .structure && failure.groups.allSatisfy(failure.message.contains)
            let groups = isNamed ? "" : "\(failure.groups.joined(separator: ", ")): "
            let others = alike[failure.pattern]!.count - 1
            return "  \(failure.proof.rawValue): \(groups)\(failure.message)"
                + (others == 0 ? "" : " (and \(others) alike)")
        }
    }

    private var verdict: String {
        let controls = "\(ReportText.count(report.caught)) of \(ReportText.count(report.controls)) controls caught"
        guard report.holds else { return "  FAILS; \(controls)" }
        guard !report.inconclusive.isEmpty else { return "  holds; \(controls)" }
        return "  INCONCLUSIVE; \(controls), \(report.inconclusive.count) not seen with any of several weights: "
            + "nothing failed; another --seed may show them"
    }
}
