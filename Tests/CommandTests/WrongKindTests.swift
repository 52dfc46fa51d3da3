import Checkpoints
import Foundation
import TestSupport
import Testing

/// Something of another kind where one thing is expected: the message says what it is.
@Suite struct WrongKindTests {
    private let folder = TemporaryFolder()

    private func error(_ arguments: String...) throws -> String { try error(arguments) }

    private func error(_ arguments: [String]) throws -> String {
        let command = try Command(arguments: arguments)
        #expect(command.status == 2 && command.errorLines.count == 1, "\(command.errors)")
        return command.errorLines.last ?? ""
    }

    @Test func whatAnUnreadableValueIsForIsSaid() throws {
        let steps = try error("step", "a", "b", "--k", "two", "--out", folder + "o.safetensors")
        #expect(steps.hasPrefix("nino: the value 'two' is invalid for '--k <k>': horizon: how many states ahead"))
        // The twin: a word that can be read is judged by what it says.
        let fewer = try error("step", "a", "b", "--k", "2", "--out", folder + "o.safetensors")
        #expect(!fewer.contains("horizon:"), "\(fewer)")
    }

    @Test func aConfigWithoutItsOptionIsUnderstood() throws {
        #expect(try error("graph", "fm-16").contains("'--config <config>'; did you mean --config fm-16?"))
        #expect(try !error("graph").contains("did you mean"))
    }

    @Test func whatIsNoConfigIsNamed() throws {
        let fixture = try StepFixture()
        let binary = try error("graph", "--config", fixture.history[0])
        #expect(binary.hasSuffix("expected a config, which is JSON, found a binary file, such as a checkpoint"))
        try FileManager.default.createDirectory(atPath: folder + "models", withIntermediateDirectories: false)
        folder.write("{}", to: "models/other.json")
        let others = try error("graph", "--config", folder + "models")
        #expect(others == "nino: \(folder + "models"): expected config.json in this folder, found other.json")
        let mistyped = folder.write(#"{"model_type": "lama"}"#, to: "lama.json")
        #expect(try error("graph", "--config", mistyped).hasSuffix(#"found "lama"; did you mean "llama"?"#))
        let foreign = folder.write(#"{"model_type": "transporter"}"#, to: "foreign.json")
        #expect(try error("graph", "--config", foreign).hasSuffix(#"found "transporter""#))
    }

    @Test func inputsAreNotBlamedOnTheConfig() throws {
        let fixture = try StepFixture()
        let message = try error(
            "forward", "--config", fixture.config, "--weights", fixture.history[0], "--inputs", fixture.history[1],
            "--out", folder + "o.safetensors")
        #expect(message.hasPrefix("nino: \(fixture.history[1]): input \"pixels\": expected by the model, found none"))
    }

    @Test func aGraphFileIsNotBlamedOnThePlugin() throws {
        let fixture = try StepFixture()
        let text = folder.write("to be or not to be", to: "graph")
        let message = try error("verify", "--config", fixture.config, "--graph", text)
        #expect(message.hasPrefix("nino: \(text): "), "\(message)")
    }

    @Test func namesThatAreThereAreSaidWhereNoneIsNear() throws {
        let fixture = try StepFixture()
        let message = try error(
            ["step", "--config", "gpt2-tiny", "--k", "1", "--out", folder + "o.safetensors", "--history"]
                + fixture.history)
        #expect(message.hasSuffix("'fc.0.bias', 'fc.0.weight', 'fc.2.bias', … (4 tensors)"), "\(message)")
    }
}
