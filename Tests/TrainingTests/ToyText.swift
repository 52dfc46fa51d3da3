import NeuralGraphs
import Tensors
import TestSupport
import Training

/// Words of a small language in random order: after most letters, only one or two can follow.
func toyText(_ count: Int = 4000, seed: UInt64 = 1) -> [UInt8] {
    var generator = SeededGenerator(seed: seed)
    let words = ["neuron ", "graph ", "nowcast ", "weight "].map { Array($0.utf8) }
    var bytes: [UInt8] = []
    while bytes.count < count { bytes += words[Int.random(in: 0..<4, using: &generator)] }
    return Array(bytes[..<count])
}

func toyText(_ bytes: [UInt8], context: Int = 8) throws -> ByteText {
    try ByteText(bytes, context: context, file: "toy.txt")
}

/// Predicts each byte from the one before alone, traced by hand.
func toyLanguageModel(vocabulary: Int = 256) -> TrainableModel {
    let width = 16
    let parameters = ParameterList([("table", [vocabulary, width]), ("head", [vocabulary, width])])
    return TrainableModel(
        configuration: "{\"toy\":\"text\"}", parameters: parameters,
        initialParameters: { seed in
            var random = SeededRandom(seed: seed, purpose: .initialWeights)
            return (0..<parameters.count).map { _ in random.uniform(in: -0.1...0.1) }
        },
        trace: { inputs in
            var program = Program()
            let ids = try program.input("input_ids", .int64, inputs["input_ids"]!.shape)
            let labels = try program.input("labels", .int64, inputs["labels"]!.shape)
            let table = try program.parameter("table", [vocabulary, width])
            let head = try program.parameter("head", [vocabulary, width])
            let logits = try program.apply("linear", [program.apply("embedding", [ids, table]), head])
            try program.output("logits", logits)
            try program.output("loss", program.apply("crossEntropy", [logits, labels], ["shift": .integer(1)]))
            return program
        })
}

/// A short run on text that no target stops.
func toyTextSettings(nowcaster: String = "none", seed: UInt64 = 1, steps: Int = 60) throws -> TrainingSettings {
    var settings = TrainingSettings(task: try TaskDescription.named("text"), nowcaster: nowcaster, seed: seed)
    settings.batchSize = 16
    settings.steps = steps
    settings.policy = .schedule
    settings.period = 20
    settings.evaluationInterval = 10
    settings.learningRate = 0.02
    return settings
}
