import Derivation
import NeuralGraphs
import Nowcasting
import PluginHost
import Tensors

/// The three proofs of symmetry, with their negative controls. Source: docs/symmetry.md.
public struct Verifier {
    public var trials: Int
    public var seed: UInt64
    /// nil: an untrained network.
    public var nowcaster: (any Nowcaster)?
    /// Off, only the proofs themselves are run: is this model right? On, also: would they notice if it were not?
    public var runsControls = true

    public init(trials: Int = 3, seed: UInt64 = 1000, nowcaster: (any Nowcaster)? = nil) {
        (self.trials, self.seed, self.nowcaster) = (trials, seed, nowcaster)
    }

    /// Verifies a model of any size: a large one by a smaller one of the same structure, and structurally as it is.
    ///
    /// - Parameter name: what the report calls the model.
    /// - Throws: what the plugin, its forward pass or the nowcaster throw, and `VerificationError.notShrinkable`; a
    ///   proof that fails does not
    ///   throw.
    public func verify(_ subject: Subject, name: String) throws -> VerificationReport {
        guard subject.graph.edgeCount > ModelShrinker.edgeLimit else { return try verifySmall(subject, name: name) }
        let unclear = ClaimCheck.failures(subject)
        let failures = unclear.isEmpty ? StructuralProof.failures(subject) : unclear
        var shrinker = ModelShrinker(subject)
        let (small, changes) = try shrinker.shrink()
        var report = try verifySmall(small, name: name)
        report.shrinking = ShrinkingReport(
            fullSize: VerificationReport.Size(subject.graph), changes: changes,
            edgeBlocks: subject.graph.edgeBlocks.count, failures: failures)
        return report
    }

    private func verifySmall(_ subject: Subject, name: String) throws -> VerificationReport {
        var failures = ClaimCheck.failures(subject)
        var groups: [GroupReport] = []
        if failures.isEmpty {
            var run = try ProofRun(subject, trials: trials, nowcaster: nowcaster, seed: seed)
            groups = try run.run(withControls: runsControls)
            failures = run.failures
        }
        let idle = subject.claims.groups.filter { $0.size == 1 }.map(\.name)
        var report = VerificationReport(
            plugin: subject.model.architecture.plugin, model: name, size: VerificationReport.Size(subject.graph),
            groups: groups, failures: failures,
            idleGroups: idle)
        report.derivation = try SymmetryComparison(
            claims: subject.claims, derived: DerivedSymmetries(subject.model), areClaimed: !subject.model.isDerived)
        return report
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

    init(_ subject: Subject, trials: Int, nowcaster: (any Nowcaster)?, seed: UInt64) throws {
        self.subject = subject
        self.trials = trials
        random = SeededRandom(seed: seed, purpose: .trials)
        function = try FunctionProof(subject.model, using: &random)
        graph = try GraphProof(subject.graph)
        nowcast = try NowcastProof(
            GraphInput(subject.graph), subject.graph.parameters, slots: subject.graph.slotCount, nowcaster: nowcaster,
            using: &random)
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
        let failuresBefore = failures.count
        try note(group, functionError, graphHolds || departing, nowcastError)
        // Departures from a group that is none prove nothing.
        let holds = failures.count == failuresBefore && !departing
        var controls = GroupReport.Controls()
        if let group, withControls, holds {
            var run = ControlRun(subject, function, graph, nowcast)
            try run.run(group, using: &random)
            controls = run.counts
            failures += run.failures
        }
        return GroupReport(
            group: name, size: group.map { subject.claims.groups[$0].size } ?? 0, actsOn: group.map(actsOn) ?? [],
            functionError: functionError,
            graph: graphHolds, nowcastError: nowcastError, controls: controls)
    }

    private mutating func note(_ group: Int?, _ functionError: Double, _ graphHolds: Bool, _ nowcastError: Double)
        throws
    {
        // What fails for a group alone need not be said again for all together.
        if group == nil, !failures.isEmpty { return }
        let groups = group.map { [subject.claims.groups[$0].name] } ?? []
        if functionError > FunctionProof.tolerance {
            failures.append(.function(groups, functionError))
            if let group,
                let cause = try ClaimBlame(subject: subject, function: function).failure(of: group, using: &random)
            {
                failures.append(cause)
            }
        }
        if !graphHolds {
            failures.append(
                Failure(
                    proof: .graph, groups: groups,
                    message: "the graph of the permuted parameters is not the permuted graph"))
        }
        if nowcastError > NowcastProof.tolerance { failures.append(.nowcast(groups, nowcastError)) }
    }

    private func actsOn(_ group: Int) -> [GroupReport.Place] {
        GroupReport.Place.counted(
            Place.all(of: group, subject.claims, tensors: subject.model.movableTensors), subject.claims)
    }
}
