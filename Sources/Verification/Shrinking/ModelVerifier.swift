import NeuralGraphs
import PluginHost

extension Verifier {
    /// Verifies a model of any size: a large one by a smaller one of the same structure, and structurally as it is.
    ///
    /// - Parameter make: makes a model of a changed config, or refuses.
    /// - Throws: as `verify(_:name:)`; `VerificationError.notShrinkable`.
    public func verify(_ subject: Subject, name: String, make: @escaping (ModelConfiguration) throws -> Model) throws -> VerificationReport {
        guard subject.graph.edgeCount > ModelShrinker.edgeLimit else { return try verify(subject, name: name) }
        let unclear = ClaimCheck.failures(subject)
        let failures = unclear.isEmpty ? StructuralProof.failures(subject) : unclear
        var shrinker = ModelShrinker(subject, make: make)
        let (small, changes) = try shrinker.shrink()
        var report = try verify(small, name: name)
        report.shrinking = ShrinkingReport(
            fullSize: VerificationReport.Size(subject.graph), changes: changes, edgeBlocks: subject.graph.edgeBlocks.count, failures: failures)
        return report
    }
}
