import Foundation
import Presentation

/// What was verified, as one page: for each model a matrix of groups and proofs, with what is to blame beside it.
public struct VerificationPage {
    private let reports: [VerificationReport]
    /// Plugins that could not be verified, a line each.
    private let rejections: [String]
    private let facts: [(name: String, value: String)]

    public init(
        _ reports: [VerificationReport], rejections: [String] = [], facts: [(name: String, value: String)] = []
    ) {
        (self.reports, self.rejections, self.facts) = (reports, rejections, facts)
    }

    public var html: String {
        let failing = reports.count { !$0.holds }
        let verdict =
            failing == 0
            ? "all proofs hold" : reports.count == 1 ? "not all proofs hold" : "\(failing) of \(reports.count) fail"
        let title = "Symmetries of \(reports.count) model\(reports.count == 1 ? "" : "s"): \(verdict)"
        let rejected = rejections.map { element("p", ["class": "bad"], escaped("not verified: \($0)")) }
        let content =
            [element("h1", [:], escaped(title)), Self.introduction] + rejected + reports.map(section)
            + [element("h2", [:], "Settings"), settingsTable(facts), downloads([data])]
        return Page(title: title, content: content.joined(separator: "\n"), styles: ["verify.css"]).html
    }

    private static let introduction = element(
        "p", [:],
        "A permutation of neurons should change nothing. Function: the forward pass on permuted weights gives the same "
            + "output. Graph: the neural graph of permuted weights is the permuted graph. Nowcast: what is predicted "
            + "from permuted weights is the permuted prediction. Controls are permutations that are no symmetry: each "
            + "must be caught. Numbers are the largest relative errors.")

    private var data: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        let json = (try? encoder.encode(reports)) ?? Data()
        return download("reports (JSON)", file: "verify.json", type: "application/json", bytes: json)
    }

    private func section(_ report: VerificationReport) -> String {
        let head = element("h2", [:], verdictMark(report.holds) + " " + escaped("\(report.plugin): \(report.model)"))
        let size =
            "\(grouped: report.size.parameters) parameters, \(grouped: report.size.nodes) nodes, "
            + "\(grouped: report.size.edges) edges"
        return [
            head, element("p", ["class": "quiet"], escaped(size + standIn(report))), table(report), remarks(report),
        ]
        .joined(separator: "\n")
    }

    private func standIn(_ report: VerificationReport) -> String {
        guard let shrinking = report.shrinking else { return "" }
        let changes = shrinking.changes.map { "\($0.key) \($0.from) → \($0.to)" }.joined(separator: ", ")
        return ", in place of \(grouped: shrinking.fullSize.parameters) parameters (\(changes)); all "
            + "\(grouped: shrinking.edgeBlocks) edge blocks of the full size were checked too"
    }

    private func table(_ report: VerificationReport) -> String {
        guard !report.groups.isEmpty else { return "" }
        let hasBlame = !report.failures.isEmpty
        let titles = ["group", "size", "function", "graph", "nowcast", "controls"] + (hasBlame ? ["to blame"] : [])
        let head = element("tr", [:], titles.map { element("th", ["scope": "col"], $0) }.joined())
        let rows = report.groups.map { row($0, report) }
        let markup = element("thead", [:], head) + element("tbody", [:], rows.joined(separator: "\n"))
        return scrolling(element("table", ["class": "proofs"], markup), label: "Groups and proofs of \(report.model)")
    }

    private func row(_ group: GroupReport, _ report: VerificationReport) -> String {
        let name = group.group ?? "all together"
        let places = group.actsOn.map { "\($0.segment) ×\($0.count)" }.joined(separator: ", ")
        let blame = report.failures.filter { $0.groups.contains(name) || group.group == nil && $0.groups.isEmpty }
        let controls = group.controls
        let inert = controls.inert.isEmpty ? "" : ", \(controls.inert.count) inert"
        let cells = [
            element("th", ["scope": "row", "title": places.isEmpty ? name : "acts on \(places)"], escaped(name)),
            element("td", [:], group.size > 0 ? "\(grouped: group.size)" : ""),
            proof(group.functionError, limit: FunctionProof.tolerance),
            cell(group.graph, group.graph ? "equal" : "not equal", "typed multigraphs with their values, exactly"),
            proof(group.nowcastError, limit: NowcastProof.tolerance),
            controls.total == 0
                ? element("td", [:], "")
                : cell(
                    controls.caught == controls.total, "\(controls.caught) of \(controls.total)\(inert)",
                    "permutations that are no symmetry, and how many of them were caught"),
        ]
        let messages = element("td", ["class": "blame"], blame.map { escaped($0.message) }.joined(separator: "<br/>"))
        return element("tr", [:], cells.joined() + (report.failures.isEmpty ? "" : messages))
    }

    private func proof(_ error: Double?, limit: Double) -> String {
        let value = error ?? .infinity
        return cell(value <= limit, ReportText.error(value), "at most \(ReportText.error(limit)) counts as equal")
    }

    private func cell(_ holds: Bool, _ text: String, _ title: String) -> String {
        element("td", ["class": holds ? "yes" : "no", "title": title], verdictMark(holds) + " " + escaped(text))
    }

    private func verdictMark(_ holds: Bool) -> String {
        element(
            "span", ["class": holds ? "good" : "bad", "role": "img", "aria-label": holds ? "holds" : "fails"],
            holds ? "✓" : "✗")
    }

    /// What no group alone is to blame for, and what the derivation says.
    private func remarks(_ report: VerificationReport) -> String {
        let named = Set(report.groups.map { $0.group ?? "" })
        let others = (report.failures + (report.shrinking?.failures ?? [])).filter { failure in
            failure.groups.isEmpty || failure.groups.allSatisfy { !named.contains($0) }
        }
        let failures = others.map { element("li", ["class": "bad"], escaped("\($0.proof.rawValue): \($0.message)")) }
        let derived = (report.derivation?.lines ?? []).map { element("li", [:], escaped("derivation: \($0)")) }
        let all = failures + derived
        return all.isEmpty ? "" : element("ul", [:], all.joined(separator: "\n"))
    }
}
