import Foundation
import JSONText
import Nowcasting
import PluginHost
import Tensors

/// One run of a collection, drawn: all that decides its trajectory besides the data and this version.
public struct CollectionRun: Codable, Sendable, Equatable {
    public let family: String
    /// Number in its family, from 0.
    public let index: Int
    public let task: String
    /// The model's config.
    public let config: JSONValue
    /// Of initial weights and batches.
    public let seed: UInt64
    public let learningRate: Double
    public let weightDecay: Double
    public let batchSize: Int
    public let steps: Int
    public let interval: Int
    public let states: StateKind

    enum CodingKeys: String, CodingKey {
        case family, index, task, config, seed, steps, interval, states
        case learningRate = "learning_rate"
        case weightDecay = "weight_decay"
        case batchSize = "batch_size"
    }

    /// Run `index` of a plan's family: a function of the plan, the collection's seed and the two numbers, whatever else
    /// is collected.
    public init(_ plan: CollectionPlan, family number: Int, index: Int, seed: UInt64) {
        let family = plan.families[number]
        var random = SeededRandom(seed: seed, purpose: .sampling, index: UInt64(number) << 32 | UInt64(index))
        var config: [String: JSONValue] = [:]
        // In the order of keys: a dictionary's own order changes from process to process.
        for (key, value) in family.config.sorted(by: { $0.key < $1.key }) {
            switch value {
            case .fixed(let value): config[key] = value
            case .choice(let options): config[key] = options[random.integer(below: options.count)]
            }
        }
        let (low, high) = (Foundation.log(family.learningRate[0]), Foundation.log(family.learningRate[1]))
        // Three digits, so that the number in the manifest is the number used.
        let rate = Foundation.exp(low + random.uniform() * (high - low))
        self.family = family.name
        self.index = index
        task = family.task
        self.config = .object(config)
        learningRate = Double(String(format: "%.2e", rate)) ?? rate
        self.seed = random.next() >> 32
        (weightDecay, batchSize, steps, interval) = (
            family.weightDecay, family.batchSize, family.steps, family.interval
        )
        states = family.states ?? .mean
    }

    /// Name of its file in the collection's folder.
    public var fileName: String { "\(family)-\(String(format: "%04d", index)).safetensors" }

    /// The run of a trainer.
    func settings() throws(TrainingError) -> TrainingSettings {
        var settings = TrainingSettings(task: try TaskDescription.named(task), seed: seed)
        settings.learningRate = learningRate
        settings.weightDecay = weightDecay
        settings.batchSize = batchSize
        settings.steps = steps
        settings.evaluationInterval = steps
        // Beyond reach: every run goes through all its steps.
        settings.target = settings.metric == .accuracy ? 2 : 0
        return settings
    }
}
