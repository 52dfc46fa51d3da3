import Foundation
import NeuralGraphs
import PluginHost
import Tensors
import TestSupport
import Testing
import ZooSupport

extension Zoo {
    /// Logits of a model, by default for a few tokens or random pixels.
    static func logits(_ model: Model, _ parameters: [Float]) throws -> [Float] {
        let state = ModelState(model, parameters: parameters, buffers: model.initialBuffers(seed: 1))
        let inputs = try inputs(model)
        let evaluator = try state.evaluator(inputs: inputs.mapValues(\.type), purpose: .inference)
        try evaluator.run(inputs: inputs)
        return try evaluator.value(of: "logits").array
    }

    private static func inputs(_ model: Model) throws -> [String: Value] {
        guard let shape = try model.inputTypes(batch: 2, length: 4)["pixels"]?.shape else {
            return ["input_ids": .integer(IntegerTensor(shape: [2, 4], values: [0, 2, 1, 2, 1, 0, 0, 2]))]
        }
        var generator = SeededGenerator(seed: 11)
        return ["pixels": .float(Tensor(shape: shape, values: generator.floats(shape.reduce(1, *))))]
    }
}

@Suite struct ZooArchitectureTests {
    /// The loops of these tests, and of others, are over what was found.
    @Test func everyPluginIsThereWithSamples() throws {
        #expect(Zoo.registry.plugins.count == Zoo.pluginCount)
        #expect(Zoo.registry.rejected.map(\.reason.description) == [])
        let architectures = Zoo.registry.plugins.flatMap(\.architectures)
        let sampled = architectures.filter { !$0.sampleConfigurations.isEmpty }
        #expect(sampled.count == Zoo.architectureCount)
        #expect(sampled.allSatisfy { $0.hasForwardPass && $0.hasNeuralGraph })
    }

    /// Published counts; the values of each config against the defaults of transformers and torchvision.
    @Test(arguments: [
        ("gpt2", 124_439_808), ("gpt2-medium", 354_823_168), ("llama-3.2-1b", 1_235_814_400),
        ("llama-3.1-8b", 8_030_261_248), ("llama-3.1-70b", 70_553_706_496),
        ("qwen3-0.6b", 596_049_920), ("qwen3-1.7b", 1_720_574_976), ("vit-b-16", 86_567_656),
        ("bert-base-uncased", 109_514_298), ("clip-vit-base-patch32", 87_849_216), ("modded-nanogpt-124m", 162_201_600),
    ])
    func parameterCountIsThePublishedOne(name: String, count: Int) throws {
        let model = try Zoo.model(named: name)
        #expect(model.parameters.count == count)
        // The constructor describes it too, block by block: every scalar lies on an edge.
        #expect(try model.constructedGraph().edgeCount > count / 9)
    }

    @Test(arguments: ["gpt2-tiny", "llama-tiny", "qwen3-tiny", "vit-tiny", "bert-tiny", "clip-tiny", "nanogpt-tiny"])
    func smallArchitectureComputesFiniteLogits(name: String) throws {
        let model = try Zoo.model(named: name)
        let logits = try Zoo.logits(model, model.initialParameters(seed: 1))
        #expect(logits.allSatisfy { $0.isFinite })
    }

    @Test func biasFreeWeightsAreDrawnAsTransformersDrawsThem() throws {
        let model = try Zoo.model(named: "gpt2-tiny")
        let parameters = model.initialParameters(seed: 5)
        func deviation(_ name: String) -> Double {
            let entry = model.parameters[name]!
            let values = parameters[entry.offset..<(entry.offset + entry.count)].map(Double.init)
            let mean = values.reduce(0, +) / Double(values.count)
            return (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)).squareRoot()
        }
        #expect(abs(deviation("transformer.wte.weight") - 0.02) < 0.001)
        // Residual projections are smaller by √(2 · 3 layers).
        #expect(abs(deviation("transformer.h.1.mlp.c_proj.weight") - 0.02 / 6.0.squareRoot()) < 0.001)
        #expect(deviation("transformer.h.1.mlp.c_fc.bias") == 0)
    }
}

@Suite struct ZooGraphTests {
    /// The worked example of neural-graphs.md, section 7.
    @Test func keysOfAGroupAreCopiedForEveryQueryHead() throws {
        let model = try Zoo.model(
            #"{"model_type": "llama", "vocab_size": 31, "hidden_size": 12, "intermediate_size": 20, "#
                + #""num_hidden_layers": 2, "num_attention_heads": 6, "num_key_value_heads": 2, "head_dim": 2}"#
        )
        let graph = try model.constructedGraph()
        #expect(graph.nodeCount == 227)
        #expect(graph.edgeCount == 3719)
        #expect(graph.nodeBlocks.prefix(9).map(\.first) == [0, 31, 32, 44, 50, 62, 74, 75, 87])
        let starts = graph.edgeBlocks.reduce(into: [0]) { $0.append($0.last! + graph.edgeCount(of: $1)) }
        #expect(starts.prefix(14) == [0, 372, 516, 528, 672, 816, 828, 840, 984, 1224, 1464, 1476, 1716, 1728])
        var rows: [Int] = []
        var ends: [(Int, Int)] = []
        let first = model.parameters["model.layers.0.self_attn.k_proj.weight"]!.offset
        var number = 0
        graph.forEachEdge { edge in
            if (528..<540).contains(number) {
                rows.append((edge.parameterScalar - first) / 12)
                ends.append((edge.source, edge.target))
            }
            number += 1
        }
        #expect(rows == [0, 1, 0, 1, 0, 1, 2, 3, 2, 3, 2, 3])
        #expect(ends.map(\.0) == Array(50..<62) && ends.allSatisfy { $0.1 == 32 })
    }

    @Test func largePatchesAreLaidDownInPartsOfNine() throws {
        let graph = try Zoo.model(named: "vit-b-16").constructedGraph()
        let patches = graph.edgeBlocks.filter { $0.type == .convolution }
        #expect(patches.count == 29)
        #expect(graph.slotCount == 9)
        guard case .parameter(let last)? = patches.last?.values else {
            Issue.record("expected a parameter")
            return
        }
        #expect(last.slots == 4 && last.offset == 252)
    }

    @Test(arguments: Zoo.samples)
    func everySampleHasAGraph(sample: String) throws {
        _ = try Zoo.model(sample).constructedGraph()
    }
}

@Suite struct ZooSymmetryTests {
    /// Measured: at most 2e-6 of the largest logit.
    private static let tolerance: Float = 1e-4

    private func error(
        _ model: Model, moving moved: (String) -> Bool, except untouched: (String) -> Bool = { _ in false }
    ) throws -> Float {
        var generator = SeededGenerator(seed: 3)
        let parameters = generator.floats(model.parameters.count)
        var random = SeededRandom(seed: 9, purpose: .trials)
        let element = GroupElement(model.description.groups, moving: moved, using: &random)
        var permuted = parameters
        for (tensor, entry) in zip(model.description.parameters, model.parameters.entries) where !untouched(tensor.name)
        {
            let range = entry.offset..<(entry.offset + entry.count)
            permuted.replaceSubrange(range, with: element.apply(to: Array(parameters[range]), axes: tensor.axes))
        }
        let (before, after) = (try Zoo.logits(model, parameters), try Zoo.logits(model, permuted))
        let largest = before.reduce(0) { max($0, abs($1)) }
        return zip(before, after).reduce(0) { max($0, abs($1.0 - $1.1)) } / largest
    }

    @Test(arguments: Zoo.samples)
    func claimedGroupsLeaveTheFunctionUnchanged(sample: String) throws {
        let model = try Zoo.model(sample)
        #expect(try error(model, moving: { _ in true }) < Self.tolerance)
    }

    /// One matrix that a group moves is left behind, for every kind of group: at least one in each sample.
    @Test(arguments: Zoo.samples) func leavingOneTensorOutIsSeen(sample: String) throws {
        let model = try Zoo.model(sample)
        let kinds = [
            "residual", "hidden_", "heads_", "kv_", "group_", "v_", "qk_", "representation", "pooler", "channels",
        ]
        var tried = 0
        for kind in kinds {
            guard let left = matrix(movedBy: kind, in: model) else { continue }
            tried += 1
            let error = try error(model, moving: { $0.hasPrefix(kind) }, except: { $0 == left })
            #expect(error > 1e-3, "\(left) stayed")
        }
        #expect(tried >= 1)
    }

    /// A matrix that groups of this kind move: biases of keys do not change the function.
    private func matrix(movedBy kind: String, in model: Model) -> String? {
        let moved = model.description.groups.indices.filter {
            model.description.groups[$0].name.hasPrefix(kind) && model.description.groups[$0].size > 1
        }
        return model.description.parameters.first { tensor in
            tensor.shape.count == 2
                && tensor.axes.contains {
                    $0.segments.joined().contains {
                        if case .group(let index) = $0 { moved.contains(index) } else { false }
                    }
                }
        }?.name
    }
}
