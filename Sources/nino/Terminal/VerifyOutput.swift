import PluginHost
import Presentation
import Verification

/// Shows what `verify` finds as it comes, and keeps the count.
struct VerifyOutput {
    private let json: Bool
    /// Whether the user asked for plugins, not for one config: then one that cannot be verified is part of the answer,
    /// else an error.
    private let isListing: Bool
    private var reports: [VerificationReport] = []
    private var statuses: [Int32] = []
    private var isFirst = true
    private var rejections: [String] = []

    init(json: Bool, isListing: Bool) {
        self.json = json
        self.isListing = isListing
    }

    /// nil if all proofs hold and all plugins behave. What a plugin did weighs more than what it claims.
    var status: Int32? {
        statuses.max() ?? (reports.allSatisfy(\.holds) ? nil : Failure.answerIsNo.rawValue)
    }

    /// Verifies a plugin in this process.
    mutating func add(_ task: VerifyTask) throws {
        try task.run { report in try add(report) }
    }

    /// What came of a plugin in a child process.
    mutating func add(_ result: IsolatedResult<VerificationReport>, of file: String) throws {
        for report in result.records { try add(report) }
        switch result.failure {
        case nil: return
        case .thrown(let message, let status):
            try add(PluginSurvey.Rejection(file: file, reason: message), status: status)
        case .misbehaved(let misbehaviour):
            try add(
                PluginSurvey.Rejection(
                    file: file, reason: PluginHostError.misbehaved(file: file, misbehaviour).description), status: 3)
        }
    }

    /// A plugin that could not be verified.
    mutating func add(_ rejection: PluginSurvey.Rejection, status: Int32) throws {
        statuses.append(status)
        rejections.append(rejection.line)
        guard isListing else { return Output.note(rejection.line) }
        if json { return try Output.json(rejection) }
        separate()
        Output.line(rejection.line, tone: .bad)
    }

    /// All that was found, as a page.
    var page: VerificationPage {
        VerificationPage(reports, rejections: rejections, facts: Provenance(version: HostVersion.text).rows)
    }

    var summary: String {
        let plugins = Set(reports.map(\.plugin)).count
        let failing = reports.count { !$0.holds }
        let verdict = failing == 0 ? "all proofs hold" : "\(failing) of them FAIL"
        let controls =
            "\(reports.reduce(0) { $0 + $1.caught }) of \(reports.reduce(0) { $0 + $1.controls }) controls caught"
        let rejected =
            statuses.isEmpty ? "" : "; \(statuses.count) file\(statuses.count == 1 ? "" : "s") could not be verified"
        return
            "\(plugins) plugin\(plugins == 1 ? "" : "s"), \(reports.count) model\(reports.count == 1 ? "" : "s"): "
            + "\(verdict), \(controls), "
            + "\(reports.reduce(0) { $0 + $1.inert.count }) inert\(rejected)"
    }

    private mutating func add(_ report: VerificationReport) throws {
        reports.append(report)
        if json { return try Output.json(report) }
        separate()
        for line in ReportTable(report).lines(width: Terminal.output.width) {
            Output.line(line.text, tone: line.holds.map { $0 ? .good : .bad } ?? .plain)
        }
    }

    private mutating func separate() {
        if !isFirst { Output.line() }
        isFirst = false
    }
}
