import NeuralGraphs
import PluginHost
import Testing
import Verification
import ZooSupport

@Suite struct VerificationPageTests {
    private func report(broken: Bool) throws -> VerificationReport {
        let model = try Zoo.model(#require(Zoo.samples.first { $0.contains("\"mlp\"") }))
        var subject = try Subject(model)
        if broken {
            // One axis claimed to stay that the group has to move.
            var axes = subject.claims.axes
            let name = try #require(axes.keys.sorted().first { axes[$0]!.count == 2 })
            axes[name] = model.parameters[name]!.shape.map { .init(.fixed($0)) }
            subject = Subject(model, claims: .init(groups: subject.claims.groups, axes: axes), graph: subject.graph)
        }
        return try Verifier(trials: 1).verify(subject, name: "<sample>")
    }

    @Test func everyGroupIsARowWithAMarkForEachProof() throws {
        let report = try report(broken: false)
        let html = VerificationPage([report]).html
        #expect(html.contains("all proofs hold") && html.contains("&lt;sample&gt;") && !html.contains("<sample>"))
        #expect(html.components(separatedBy: "<td class=\"yes\"").count - 1 >= 3 * report.groups.count)
        #expect(!html.contains("<td class=\"no\""))
        for group in report.groups { #expect(html.contains(">\(group.group ?? "all together")</th>")) }
    }

    @Test func theBlameStandsBesideTheGroup() throws {
        let report = try report(broken: true)
        #expect(!report.holds)
        let html = VerificationPage([report], rejections: ["lib<x>.so: crashed"]).html
        #expect(html.contains("Symmetries of 1 model: not all proofs hold"))
        #expect(html.contains("<td class=\"no\"") || html.contains("<li class=\"bad\""))
        #expect(html.contains("not verified: lib&lt;x&gt;.so: crashed"))
    }
}
