import TestSupport
import Testing

/// A key of a config that no one asked for is told by name.
@Suite struct UnknownKeyTests {
    private func graph(_ keys: String) throws -> Command {
        let folder = TemporaryFolder()
        folder.write(
            #"{"model_type": "gpt2", "vocab_size": 9, "n_positions": 8, "n_embd": 6, "n_layer": 1, "n_head": 3"#
                + "\(keys)}",
            to: "config.json")
        return try Command("graph", "--config", folder + "config.json")
    }

    @Test func unknownKeyIsToldOnce() throws {
        let command = try graph(#", "mystery_factor": 2"#)
        #expect(command.status == 0, "\(command.errors)")
        let line =
            #"plugin nino.gpt2: warning: key "mystery_factor" of the config is not known to this architecture; taken "#
            + "to change nothing"
        #expect(command.errorLines.filter { $0.contains(line) }.count == 1, "\(command.errors)")
        #expect(command.output.contains("plugin      nino.gpt2"))
    }

    @Test func knownKeysAreNotToldOf() throws {
        let command = try graph(#", "n_ctx": 8, "unsloth_version": "1", "use_cache": true"#)
        #expect(command.status == 0 && command.errors.isEmpty, "\(command.errors)")
    }
}
