import Checkpoints
import Foundation
import TestSupport
import Testing

@Suite(.slow) struct VerifyCommandTests {
    private let folder = TemporaryFolder()
    private var config: String { folder + "config.json" }
    private var graph: String { folder + "graph.safetensors" }

    /// A tiny GPT-2 and the graph of it that `nino graph` writes.
    private init() throws {
        folder.write(
            #"{"model_type": "gpt2", "vocab_size": 9, "n_embd": 6, "n_layer": 1, "n_head": 3, "#
                + #""n_positions": 5, "n_inner": 8}"#,
            to: "config.json")
        #expect(try Command("graph", "--config", config, "--out", graph).status == 0)
    }

    @Test func pluginThatHoldsExitsWithZero() throws {
        let command = try Command("verify", "--plugin", "nino.mlp", "--plugin", "nino.cnn", "--trials", "1")
        #expect(command.status == 0)
        #expect(command.output.contains("nino.mlp  sample 1: 371 parameters, 45 nodes, 416 edges\n"))
        #expect(command.output.contains("2 plugins, 5 models: all proofs hold, "))
    }

    @Test func recordsAreOneObjectALine() throws {
        let command = try Command("verify", "--plugin", "nino.mlp", "--json")
        let lines = command.output.split(separator: "\n")
        #expect(command.status == 0 && lines.count == 2)
        #expect(command.lastObject?["plugin"] as? String == "nino.mlp")
        #expect((command.lastObject?["groups"] as? [[String: Any]])?.count == 4)
    }

    /// Before anything is verified: a page that cannot be written is no end of long work.
    @Test(arguments: ["verify", "explore"]) func aPageThatCannotBeWrittenIsSaidFirst(name: String) throws {
        let before = try Data(contentsOf: URL(fileURLWithPath: config))
        let onInput = try Command(name, "--config", config, "--html", config)
        #expect(onInput.status == 2 && onInput.errors.contains("--html: \(config) is an input too"))
        #expect(try Data(contentsOf: URL(fileURLWithPath: config)) == before)
        let nowhere = try Command(name, "--config", config, "--html", folder + "none/page.html")
        #expect(nowhere.status == 2 && nowhere.output.isEmpty && nowhere.errorLines.count == 1)
        #expect(nowhere.errors.contains("--html: \(folder + "none/page.html"): expected a folder "))
        #expect(try Command(name, "--config", config, "--html", folder + "page.html").status == 0)
    }

    @Test func writtenGraphHoldsAgainstItsConfig() throws {
        let command = try Command("verify", "--config", config, "--graph", graph)
        #expect(command.status == 0)
        #expect(command.output.contains("  holds; "))
    }

    /// The key bias moved to the residual stream, as in published graphs.
    @Test func brokenGraphExitsWithOneAndNamesTheTensor() throws {
        let file = try Checkpoint(opening: graph)
        var index = try file.int64s("edge_index")
        let scalars = try file.int64s("edge_param")
        let fused = try firstScalar(of: "transformer.h.0.attn.c_attn.bias", in: file)
        let bias = try #require(fused) + 6
        // The stream is where the token table leads: node 9 words, 5 positions, 3 norms and biases on.
        for edge in scalars.indices where (bias..<bias + 6).contains(Int(scalars[edge])) {
            index[scalars.count + edge] = 17 + scalars[edge] - Int64(bias)
        }
        let broken = try write(file, replacing: "edge_index", by: index)
        let command = try Command("verify", "--config", config, "--graph", broken)
        #expect(command.status == 1)
        #expect(
            command.output.contains(
                "heads_0: transformer.h.0.attn.c_attn.bias segment 2 of 3: its targets are nodes that "
                    + "transformer.wte.weight moves as (residual); its axis is (heads_0, qk_0)"
            ))
        #expect(command.output.contains("  FAILS; "))
    }

    /// Memory for as many would be taken on every edge.
    @Test(arguments: [2, Int64.max]) func aConstantOfSeveralSlotsIsRefused(count: Int64) throws {
        let file = try Checkpoint(opening: graph)
        let scalars = try file.int64s("edge_param")
        let constant = try #require(scalars.firstIndex(of: -1))
        var slots = try file.int64s("edge_slots")
        slots[constant] = count
        let broken = try write(file, replacing: "edge_slots", by: slots)
        let command = try Command("verify", "--config", config, "--graph", broken)
        #expect(command.status == 2)
        #expect(
            command.errorLines == [
                "nino: \(broken): edge_slots: edge \(constant): expected 1, as it has no scalar, found \(count)"
            ], "\(command.errors)")
    }

    /// The graph with other numbers in a tensor.
    private func write(_ file: Checkpoint, replacing name: String, by numbers: [Int64]) throws -> String {
        let broken = folder + "broken.safetensors"
        let writer = try SafetensorsWriter(broken, tensors: file.tensors, metadata: file.metadata)
        while let tensor = writer.next {
            if tensor.name == "lpe" {
                try writer.write(file.floats("lpe"), to: "lpe")
            } else {
                try writer.writeInt64s(tensor.name == name ? numbers : file.int64s(tensor.name), to: tensor.name)
            }
        }
        try writer.commit()
        return broken
    }

    private func firstScalar(of name: String, in file: Checkpoint) throws -> Int? {
        let list = try JSONSerialization.jsonObject(with: Data((file.metadata["parameters"] ?? "").utf8)) as? [[Any]]
        var offset = 0
        for entry in list ?? [] {
            if entry[0] as? String == name { return offset }
            offset += (entry[1] as? [Int] ?? []).reduce(1, *)
        }
        return nil
    }

    @Test func badUsageExitsWithTwo() throws {
        #expect(try Command("verify", "--graph", graph).status == 2)
        #expect(try Command("verify", "--trials", "0").status == 2)
        let unknown = try Command("verify", "--plugin", "nino.none")
        #expect(unknown.status == 2)
        #expect(unknown.errors.hasPrefix("nino: --plugin nino.none: no such plugin is installed, found nino."))
    }
}
