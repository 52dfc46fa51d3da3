import NeuralGraphs
import Nowcasting
import PluginHost
import Tensors

/// All proofs of one subject, group by group and all groups together.
struct ProofRun {
    let subject: Subject
    let trials: Int
    /// nil: all groups, with all controls.
    let sample: GroupSample?
    let function: FunctionProof
    /// Those that look at single edges; nil for a model too large for that.
    let edges: EdgeProofs?
    var random: SeededRandom
    private(set) var failures: [Failure]

    init(_ subject: Subject, trials: Int, nowcaster: (any Nowcaster)?, seed: UInt64, sample: GroupSample?) throws {
        (self.subject, self.trials, self.sample) = (subject, trials, sample)
        random = SeededRandom(seed: seed, purpose: .trials)
        function = try FunctionProof(subject.model, isHuge: sample?.isHuge ?? false, using: &random)
        edges =
            sample?.looksAtEdges ?? true ? try EdgeProofs(subject.graph, nowcaster: nowcaster, using: &random) : nil
        failures = StructuralProof.failures(subject) + (edges?.graph.roundTripFailures() ?? [])
    }

    mutating func run(withControls: Bool) throws -> [GroupReport] {
        var reports: [GroupReport] = []
        for index in sample?.groups ?? subject.claims.groups.indices.filter({ subject.claims.groups[$0].moves }) {
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
        for _ in 0..<(sample?.trials ?? trials) {
            let element = GroupElement(subject.claims.groups, moving: { name == nil || $0 == name }, using: &random)
            let action = TensorAction(element, subject.claims)
            functionError = max(functionError, try function.error(action))
            if let edges {
                nowcastError = max(nowcastError, try edges.nowcast.error(action))
                graphHolds = graphHolds && edges.graph.holds(action, nodes: edges.graph.nodeImages(element))
            }
        }
        let failuresBefore = failures.count
        try note(group, functionError, graphHolds || departing, nowcastError)
        // Departures from a group that is none prove nothing.
        let holds = failures.count == failuresBefore && !departing
        var controls = GroupReport.Controls()
        if let group, withControls, holds {
            var run = ControlRun(subject, function, edges, sample: sample)
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
