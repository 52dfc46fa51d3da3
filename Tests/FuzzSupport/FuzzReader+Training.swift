import Foundation
import JSONText
import NeuralGraphs
import Nowcasting
import Tensors
import TestSupport
import Training

/// What training, comparing and backtesting read.
extension FuzzReader {
    private static let text = "Two words, 3 more.\nÜber \u{1F600} [MASK] <|endoftext|> again and again "

    static let tokenizer = FuzzReader("tokenizer", corpus: Fixtures.tokenizers) { bytes, folder in
        let tokenizer = try Tokenizer(contentsOf: folder.write(bytes, to: "tokenizer.json"))
        let largest = tokenizer.encode(text).max() ?? 0
        precondition(Int(largest) < tokenizer.vocabularySize, "token \(largest) of \(tokenizer.vocabularySize)")
    }

    static let words = FuzzReader("text", corpus: [Array(String(repeating: text, count: 8).utf8)]) { bytes, folder in
        let tokenizer = folder.write(Fixtures.tokenizers[0], to: "tokenizer.json")
        let words = try WordText(contentsOf: folder.write(bytes, to: "text"), tokenizer: tokenizer, context: 4)
        _ = words.evaluationBatch(0..<words.evaluationCount)
    }

    /// Twelve training images and one to judge them by.
    static let cifar = FuzzReader("cifar", corpus: [[UInt8](repeating: 7, count: 12 * 3074)]) { bytes, folder in
        folder.write(bytes, to: "train.bin")
        folder.write([UInt8](repeating: 7, count: 3074), to: "test.bin")
        _ = try CIFAR.hundred.load(folder: folder.path, environment: [:])
    }

    static let collection = FuzzReader("collection", corpus: [Fixtures.plan]) { bytes, folder in
        try CollectionPlan(contentsOf: folder.write(bytes, to: "plan.json")).validate()
    }

    static let losses = FuzzReader(
        "losses", corpus: [Array(#"{"100": 3.25, "200": 1e-3, "nino-100-200": 4}"#.utf8)]
    ) { bytes, folder in
        _ = try MeasuredLosses(contentsOf: folder.write(bytes, to: "losses.json"))
    }

    static let budget = FuzzReader("budget", corpus: [FuzzedBudget.plan]) { bytes, folder in
        _ = try BudgetPlan(contentsOf: folder.write(bytes, to: "plan.json"))
    }

    static let ledger = FuzzReader("ledger", corpus: [FuzzedBudget.ledger]) { bytes, folder in
        folder.removeContents()
        mkdir(folder + "runs", 0o700)
        folder.write(bytes, to: "runs/runs.jsonl")
        try FuzzedBudget.run(in: folder)
    }

    static let meta = FuzzReader("meta", corpus: [FuzzedMetaTraining.state]) { bytes, folder in
        folder.removeContents()
        folder.write(bytes, to: "m.training.safetensors")
        try FuzzedMetaTraining.resume(in: folder)
    }
}

/// The budget protocol with one method and one seed.
private enum FuzzedBudget {
    static let plan = Array(
        (#"{"tasks":[{"name":"toy","task":"fm-16","lr":0.01,"batch":2}],"#
            + #""methods":[{"name":"AdamW","averages":["ema:0.9"]}],"#
            + #""budgets":[2,4],"seeds":[1],"tuning":{"seed":9,"steps":2,"factors":[1]}}"#).utf8)

    /// What the runs came to.
    static let ledger: [UInt8] = {
        let folder = TemporaryFolder()
        guard (try? run(in: folder)) != nil else { preconditionFailure("the plan is a right one") }
        return TemporaryFolder.bytes(of: folder + "runs/runs.jsonl")
    }()

    static func run(in folder: TemporaryFolder) throws {
        let plan = try BudgetPlan(contentsOf: folder.write(plan, to: "plan.json"))
        let problem = BudgetProtocol.Problem(
            description: try TaskDescription.named("fm-16"), model: FuzzedRun.model, data: FuzzedRun.data,
            nowcaster: { _ in nil })
        let comparison = BudgetProtocol(plan, folder: folder + "runs", problem: { _, _ in problem })
        _ = try comparison.run()
        _ = (comparison.table.text, comparison.table.csv)
    }
}

/// A meta-training whose network is six numbers.
private enum FuzzedMetaTraining {
    /// The distance from the origin.
    private final class Objective: MetaObjective {
        let parameters = ParameterList([("w", [6])])
        let weights = Tensor(shape: [6], values: [0, 1, 2, 3, 4, 5])
        let batchSize = 1

        func lossAndGradient(step: Int, into gradient: Tensor) throws -> Double {
            for index in 0..<6 { gradient.values[index] = weights.values[index] }
            return weights.array.reduce(0.0) { $0 + Double($1 * $1) }
        }
    }

    /// What one that was stopped after two steps goes on from.
    static let state: [UInt8] = {
        let folder = TemporaryFolder()
        let cancellation = Cancellation()
        let training = try? trainer(in: folder, resume: false) { event in
            if case .stepped(step: 2, _) = event { cancellation.request() }
        }
        guard let training, (try? training.run(cancellation: cancellation)) == false else {
            preconditionFailure("the training is a right one")
        }
        return TemporaryFolder.bytes(of: folder + "m.training.safetensors")
    }()

    static func resume(in folder: TemporaryFolder) throws {
        _ = try trainer(in: folder, resume: true).run()
    }

    private static func trainer(
        in folder: TemporaryFolder, resume: Bool, onEvent: @escaping (MetaTrainer.Event) -> Void = { _ in }
    ) throws -> MetaTrainer {
        var settings = MetaTrainingSettings(shape: NetworkShape(method: .nino, width: 8), seed: 1)
        settings.steps = 6
        let files = try MetaTrainingFiles(folder + "m.safetensors", data: "d") { path, _ in
            guard FileManager.default.createFile(atPath: path, contents: Data([1])) else { throw SetAside() }
        }
        return try MetaTrainer(
            Objective(), settings: settings, evaluationInterval: 2, files: files, resume: resume, onEvent: onEvent)
    }
}
