import NeuralGraphs
import Testing
import Verification
import ZooSupport

/// Large models that no smaller one stands in for.
@Suite struct SamplingTests {
    private func verify(_ subject: Subject, hugeLimit: Int = 2_000_000) throws -> VerificationReport {
        var verifier = Verifier(trials: 1)
        verifier.hugeLimit = hugeLimit
        verifier.edgeLimit = 100
        verifier.shrinks = false
        return try verifier.verify(subject, name: "sampled")
    }

    @Test func someGroupsAreTriedAndHold() throws {
        let subject = try Subject(Zoo.model(named: "gpt2-tiny"))
        let moving = subject.claims.groups.filter(\.moves)
        let report = try verify(subject)
        #expect(report.sampling?.groups == min(8, moving.count) && report.sampling?.allGroups == moving.count)
        // Up to 50,000 edges are looked at one by one.
        #expect(report.sampling?.isNowcastSkipped == (subject.graph.edgeCount > 50_000) && report.shrinking == nil)
        #expect(report.holds && report.controls > 0 && report.caught == report.controls)
    }

    @Test func ofHugeModelsFewerGroupsAreTried() throws {
        let report = try verify(Subject(Zoo.model(named: "gpt2-tiny")), hugeLimit: 200)
        #expect(report.sampling?.groups == 4 && report.holds)
        #expect(report.controls == 8 && report.caught == report.controls)
    }

    /// A claim that is none fails in the sample too.
    @Test(arguments: [2_000_000, 200])
    func falseClaimFails(hugeLimit: Int) throws {
        let right = try Subject(Zoo.model(named: "gpt2-tiny"))
        var axes = right.claims.axes
        // The hidden units of the first layer move, their bias stays.
        let bias = try #require(axes.keys.first { $0.hasSuffix("h.0.mlp.c_fc.bias") })
        axes[bias] = [Axis(.fixed(axes[bias]![0].size(in: right.claims.groups)))]
        let wrong = Subject(
            right.model, claims: Symmetries(groups: right.claims.groups, axes: axes), graph: right.graph)
        let report = try verify(wrong, hugeLimit: hugeLimit)
        #expect(!report.holds)
        #expect(report.failures.contains { $0.proof == .structure })
    }
}
