import Checkpoints
import Foundation
import TestSupport
import Testing

@Suite struct MergeCommandTests {
    private let fixture: StepFixture

    init() throws { fixture = try StepFixture() }

    private func merge(_ extra: String..., models: Int = 2) throws -> Command {
        try Command(
            arguments: ["merge", "--base", fixture.history[0], "--models"] + fixture.history[1...models] + [
                "--out", fixture.out, "--json",
            ] + extra)
    }

    /// At time t every scalar is c + t/2 + t²/4: changes of 0.75 and 2.
    private func change() throws -> [Float] {
        try Checkpoint(opening: fixture.out).floats("fc.0.weight").enumerated().map {
            $1 - StepFixture.value("fc.0.weight", $0, 0)
        }
    }

    @Test func everyMethodMerges() throws {
        #expect(try merge("--method", "mean").status == 0)
        #expect(try change().allSatisfy { abs($0 - 1.375) < 1e-5 })
        let arithmetic = try merge("--method", "arithmetic", "--weight", "0.5")
        #expect(arithmetic.status == 0, "\(arithmetic.errors)")
        #expect(try change().allSatisfy { abs($0 - 1.375) < 1e-5 })
        #expect(try merge("--method", "arithmetic").status == 0)
        #expect(try change().allSatisfy { abs($0 - 0.4 * 2.75) < 1e-5 })
        #expect(try merge("--method", "ties", "--density", "1").status == 0)
        #expect(try change().allSatisfy { abs($0 - 1.375) < 1e-5 })
        let nino = try merge("--method", "nino", "--config", fixture.config)
        #expect(nino.status == 0, "\(nino.errors)")
        #expect(try change().allSatisfy(\.isFinite) && Set(change()).count > 1)
    }

    @Test func theReportTellsHowFarTheyAre() throws {
        let page = fixture.folder + "merge.html"
        let command = try merge("--method", "mean", "--html", page, models: 3)
        #expect(command.status == 0)
        let rows = try #require(command.lastObject?["models"] as? [[String: Any]])
        #expect(rows.compactMap { $0["name"] as? String }.first == "base" && rows.count == 5)
        // All changes point the same way; 43 scalars by 0.75.
        #expect(abs((rows[1]["change"] as? Double ?? 0) - 0.75 * 43.0.squareRoot()) < 1e-4)
        #expect((rows[3]["cosine"] as? Double ?? 0) > 0.9999 && rows[0]["cosine"] == nil)
        let html = try String(contentsOfFile: page, encoding: .utf8)
        #expect(html.contains("<svg") && html.contains("state3.safetensors") && html.contains("merged"))
    }

    @Test func modelsOfOneFileNameAreToldApart() throws {
        let other = fixture.folder + "other"
        try FileManager.default.createDirectory(atPath: other, withIntermediateDirectories: false)
        let model = other + "/" + URL(fileURLWithPath: fixture.history[1]).lastPathComponent
        try FileManager.default.copyItem(atPath: fixture.history[2], toPath: model)
        let command = try Command(
            "merge", "--base", fixture.history[0], "--models", fixture.history[1], model, "--method", "mean", "--out",
            fixture.out, "--json")
        #expect(command.status == 0, "\(command.errors)")
        let rows = try #require(command.lastObject?["models"] as? [[String: Any]])
        let names = rows.compactMap { $0["name"] as? String }
        #expect(names.count == 4 && Set(names).count == 4 && names[2] == "other/state1.safetensors", "\(names)")
    }

    @Test(arguments: [
        (["--method", "mean", "--weight", "1"], "--weight is for"),
        (["--method", "ties", "--density", "0"], "--density"),
        (["--method", "nino"], "--method nino needs --config"), (["--method", "mean", "--text", "x"], "for --task"),
        (["--method", "mean", "--k", "3"], "for --method nino"), (["--method", "median"], "median"),
    ])
    func contradictingFlagsAreRefused(flags: [String], message: String) throws {
        let command = try Command(
            arguments: [
                "merge", "--base", fixture.history[0], "--models", fixture.history[1], fixture.history[2], "--out",
                fixture.out,
            ] + flags)
        #expect(command.status == 2 && command.errors.contains(message), "\(command.errors)")
        #expect(!FileManager.default.fileExists(atPath: fixture.out))
    }

    @Test func aSumBeyondFloat32IsNamed() throws {
        for t in 0...2 { try fixture.writeState(t) { $0["fc.2.bias"]!.values[1] = t == 0 ? -3e38 : 3e38 } }
        let command = try merge("--method", "arithmetic", "--weight", "1")
        #expect(command.status == 2)
        let message = "nino: \(fixture.out): not written: tensor \"fc.2.bias\" would hold inf at element 1"
        #expect(command.errorLines == [message])
        #expect(!fixture.folder.contents.contains { $0.contains("out.safetensors") })
    }

    @Test func damagedOrOtherModelsAreRefusedByName() throws {
        let out = try Command(
            arguments: [
                "merge", "--base", fixture.history[0], "--models", fixture.history[1], fixture.history[2],
                "--method", "mean", "--out", fixture.history[1],
            ])
        #expect(out.status == 2 && out.errors.contains("is an input too"))
        try fixture.writeState(2) { $0["fc.2.weight"]!.values[7] = .nan }
        let nan = try merge("--method", "ties")
        #expect(nan.status == 2 && nan.errors.contains("state2.safetensors") && nan.errors.contains("fc.2.weight"))
        try fixture.writeState(2) { $0["fc.2.bias"] = nil }
        let missing = try merge("--method", "mean")
        #expect(missing.status == 2 && missing.errors.contains("fc.2.bias"))
        #expect(!FileManager.default.fileExists(atPath: fixture.out))
        #expect(!fixture.folder.contents.contains { $0.hasSuffix(".tmp") || $0.contains("partial") })
    }
}
