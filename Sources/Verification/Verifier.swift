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
    /// Models of more edges are shrunk or sampled.
    package var edgeLimit = ModelShrinker.edgeLimit
    /// Of sampled models, those of more edges are tried on fewer groups and one example.
    package var hugeLimit = GroupSample.hugeLimit
    /// Off, large models are sampled though a smaller one could stand in.
    package var shrinks = true

    public init(trials: Int = 3, seed: UInt64 = 1000, nowcaster: (any Nowcaster)? = nil) {
        (self.trials, self.seed, self.nowcaster) = (trials, seed, nowcaster)
    }

    /// Verifies a model of any size: a large one by a smaller one of the same structure and structurally as it is, or,
    /// where there is no smaller one, by a sample of its groups.
    ///
    /// - Parameter name: what the report calls the model.
    /// - Throws: what the plugin, its forward pass or the nowcaster throw; a proof that fails does not throw.
    public func verify(_ subject: Subject, name: String) throws -> VerificationReport {
        guard subject.graph.edgeCount > edgeLimit else { return try verifyWhole(subject, name: name) }
        guard let (small, changes) = try smallerModel(subject) else { return try verifySample(subject, name: name) }
        let unclear = ClaimCheck.failures(subject)
        let failures = unclear.isEmpty ? StructuralProof.failures(subject) : unclear
        var report = try verifyWhole(small, name: name)
        report.shrinking = ShrinkingReport(
            fullSize: VerificationReport.Size(subject.graph), changes: changes,
            edgeBlocks: subject.graph.edgeBlocks.count, failures: failures)
        return report
    }

    /// nil if the config has no sizes that could be lowered to a model small enough.
    private func smallerModel(_ subject: Subject) throws -> (Subject, [ShrinkingReport.Change])? {
        guard shrinks, ModelShrinker.canShrink(subject) else { return nil }
        var shrinker = ModelShrinker(subject)
        do {
            return try shrinker.shrink()
        } catch VerificationError.notShrinkable {
            return nil
        }
    }

    private func verifyWhole(_ subject: Subject, name: String) throws -> VerificationReport {
        try report(subject, name: name, sample: nil)
    }

    private func verifySample(_ subject: Subject, name: String) throws -> VerificationReport {
        let sample = GroupSample(subject, hugeLimit: hugeLimit)
        var report = try report(subject, name: name, sample: sample)
        report.sampling = SamplingReport(
            groups: sample.groups.count, allGroups: subject.claims.groups.count { $0.moves },
            isNowcastSkipped: !sample.looksAtEdges)
        return report
    }

    private func report(_ subject: Subject, name: String, sample: GroupSample?) throws -> VerificationReport {
        var failures = ClaimCheck.failures(subject)
        var groups: [GroupReport] = []
        if failures.isEmpty {
            var run = try ProofRun(subject, trials: trials, nowcaster: nowcaster, seed: seed, sample: sample)
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
