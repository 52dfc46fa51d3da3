import NeuralGraphs
import Nowcasting
import PluginHost
import Tensors

/// The three proofs of symmetry, with their negative controls, on one small model. Source: docs/symmetry.md.
public struct Verifier {
    public var trials: Int
    public var seed: UInt64
    /// nil: an untrained network.
    public var nowcaster: Nowcaster?
    /// Off, only the proofs themselves are run: is this model right? On, also: would they notice if it were not?
    public var runsControls = true

    public init(trials: Int = 3, seed: UInt64 = 1000, nowcaster: Nowcaster? = nil) {
        (self.trials, self.seed, self.nowcaster) = (trials, seed, nowcaster)
    }

    /// - Parameter name: what the report calls the model.
    /// - Throws: what the plugin, its forward pass or the nowcaster throw; a proof that fails does not.
    public func verify(_ subject: Subject, name: String) throws -> VerificationReport {
        var failures = ClaimCheck.failures(subject)
        var groups: [GroupReport] = []
        if failures.isEmpty {
            var run = try ProofRun(subject, trials: trials, nowcaster: nowcaster, seed: seed)
            groups = try run.run(withControls: runsControls)
            failures = run.failures
        }
        let idle = subject.claims.groups.filter { $0.size == 1 }.map(\.name)
        return VerificationReport(
            plugin: subject.model.architecture.plugin, model: name, size: VerificationReport.Size(subject.graph), groups: groups, failures: failures,
            idleGroups: idle)
    }
}

extension VerificationReport.Size {
    init(_ graph: NeuralGraph) {
        self.init(parameters: graph.parameters.count, nodes: graph.nodeCount, edges: graph.edgeCount)
    }
}

/// All proofs of one subject, group by group and all groups together.
private struct ProofRun {
    let subject: Subject
    let trials: Int
    let function: FunctionProof
    let graph: GraphProof
    let nowcast: NowcastProof
    var random: SeededRandom
    var failures: [Failure]

    init(_ subject: Subject, trials: Int, nowcaster: Nowcaster?, seed: UInt64) throws {
        self.subject = subject
        self.trials = trials
        random = SeededRandom(seed: seed, purpose: .trials)
        function = try FunctionProof(subject.model, using: &random)
        graph = try GraphProof(subject.graph)
        nowcast = try NowcastProof(subject.graph, nowcaster: nowcaster, using: &random)
        failures = StructuralProof.failures(subject) + graph.roundTripFailures()
    }

    mutating func run(withControls: Bool) throws -> [GroupReport] {
        var reports: [GroupReport] = []
        for (index, group) in subject.claims.groups.enumerated() where group.size > 1 {
            reports.append(try report(index, withControls: withControls))
        }
        if reports.count > 1 { reports.append(try report(nil, withControls: false)) }
        return reports
    }

    /// - Parameter group: nil for all together.
    private mutating func report(_ group: Int?, withControls: Bool) throws -> GroupReport {
        let name = group.map { subject.claims.groups[$0].name }
        let departing = failures.contains { $0.proof == .structure && (name == nil || $0.groups.contains(name!)) }
        var (functionError, nowcastError, graphHolds) = (0.0, 0.0, !departing)
        for _ in 0..<trials {
            let element = GroupElement(subject.claims.groups, moving: { name == nil || $0 == name }, using: &random)
            let action = TensorAction(element, subject.claims)
            functionError = max(functionError, try function.error(action))
            nowcastError = max(nowcastError, try nowcast.error(action))
            graphHolds = graphHolds && graph.holds(action, nodes: graph.nodeImages(element))
        }
        note(name, functionError, graphHolds || departing, nowcastError)
        var controls = GroupReport.Controls()
        if let group, withControls {
            var run = ControlRun(subject, function, graph, nowcast)
            try run.run(group, using: &random)
            controls = run.counts
            failures += run.failures
        }
        return GroupReport(
            group: name, size: group.map { subject.claims.groups[$0].size } ?? 0, actsOn: group.map(actsOn) ?? [], functionError: functionError,
            graph: graphHolds, nowcastError: nowcastError, controls: controls)
    }

    private mutating func note(_ group: String?, _ functionError: Double, _ graphHolds: Bool, _ nowcastError: Double) {
        // What fails for a group alone need not be said again for all together.
        let groups = group.map { [$0] } ?? []
        let label = group ?? "all groups together"
        if group == nil, !failures.isEmpty { return }
        if functionError > FunctionProof.tolerance {
            failures.append(Failure(proof: .function, groups: groups, message: "\(label): the forward pass changes by \(ReportText.error(functionError)), expected at most \(ReportText.error(FunctionProof.tolerance))"))
        }
        if !graphHolds {
            failures.append(Failure(proof: .graph, groups: groups, message: "\(label): the graph of the permuted parameters is not the permuted graph"))
        }
        if nowcastError > NowcastProof.tolerance {
            failures.append(Failure(proof: .nowcast, groups: groups, message: "\(label): the nowcast changes by \(ReportText.error(nowcastError)), expected at most \(ReportText.error(NowcastProof.tolerance))"))
        }
    }

    private func actsOn(_ group: Int) -> [GroupReport.Place] {
        var counts: [(segment: String, count: Int)] = []
        for place in Place.all(of: group, subject) {
            let text = subject.claims.text(place.factors)
            if let index = counts.firstIndex(where: { $0.segment == text }) { counts[index].count += 1 } else { counts.append((text, 1)) }
        }
        return counts.map { GroupReport.Place(segment: $0.segment, count: $0.count) }
    }
}
