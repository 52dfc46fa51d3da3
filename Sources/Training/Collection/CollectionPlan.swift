import JSONText
import Nowcasting
import PluginHost
import Tensors

/// What to collect trajectories of: families of small networks, each with ranges that its runs are drawn from.
///
/// As JSON: docs/meta-training.md.
public struct CollectionPlan: Codable, Sendable, Equatable {
    public var families: [Family]

    /// Networks of one kind on one task.
    public struct Family: Codable, Sendable, Equatable {
        public var name: String
        /// Name of the task that gives the data.
        public var task: String
        /// The model's config; every value fixed or drawn for each run.
        public var config: [String: DrawnValue]
        /// Bounds of the learning rate, which is drawn uniformly in its logarithm.
        public var learningRate: [Double]
        public var weightDecay: Double
        public var batchSize: Int
        /// Optimizer steps of a run.
        public var steps: Int
        /// Steps from one stored state to the next.
        public var interval: Int
        /// What a state holds. Nil for means.
        public var states: StateKind?

        public init(
            name: String, task: String, config: [String: DrawnValue], learningRate: ClosedRange<Double>,
            weightDecay: Double, batchSize: Int,
            steps: Int, interval: Int = 200
        ) {
            (self.name, self.task, self.config) = (name, task, config)
            self.learningRate = [learningRate.lowerBound, learningRate.upperBound]
            (self.weightDecay, self.batchSize, self.steps, self.interval) = (weightDecay, batchSize, steps, interval)
        }

        enum CodingKeys: String, CodingKey {
            case name, task, config, steps, interval, states
            case learningRate = "learning_rate"
            case weightDecay = "weight_decay"
            case batchSize = "batch_size"
        }

        /// States that a run stores: after `interval`, 2 · `interval`, … steps.
        public var stateCount: Int { steps / interval }
    }

    public init(families: [Family]) {
        self.families = families
    }

    /// - Throws: `cannotRead`, `json`.
    public init(contentsOf file: String) throws(TrainingError) {
        let text = try readFile(file)
        do throws(JSONError) {
            self = try JSONText.decode(from: text, file: file)
        } catch {
            throw .json(error)
        }
    }

    /// - Throws: `invalidSetting` naming the family and what is wrong.
    public func validate() throws(TrainingError) {
        guard !families.isEmpty, families.map(\.name).distinct().count == families.count else {
            throw .invalidSetting(
                name: "plan: families", allowed: "one or more with different names",
                found: families.map(\.name).joined(separator: ", "))
        }
        for family in families {
            func refuse(_ key: String, _ allowed: String, _ found: Any) -> TrainingError {
                .invalidSetting(name: "plan: family \(family.name): \(key)", allowed: allowed, found: "\(found)")
            }
            guard !family.name.isEmpty, family.name.utf8.allSatisfy(Self.isFileNameByte) else {
                throw refuse("name", "letters, digits, - and _", family.name)
            }
            _ = try TaskDescription.named(family.task)
            let rates = family.learningRate
            guard rates.count == 2, rates[0] > 0, rates[0] <= rates[1], rates[1].isFinite else {
                throw refuse("learning_rate", "two rising positive numbers", rates)
            }
            guard family.weightDecay >= 0, family.weightDecay.isFinite else {
                throw refuse("weight_decay", "a number of at least 0", family.weightDecay)
            }
            guard (1...(1 << 20)).contains(family.batchSize) else {
                throw refuse("batch_size", "1 to \(1 << 20)", family.batchSize)
            }
            for (name, value) in [("interval", family.interval), ("steps", family.steps)]
            where !SettingBounds.steps.contains(value) {
                throw refuse(name, "1 to \(SettingBounds.steps.upperBound)", value)
            }
            guard family.stateCount > 5 else {
                throw refuse("steps", "more than five intervals of \(family.interval)", family.steps)
            }
            for (key, value) in family.config.sorted(by: { $0.key < $1.key }) {
                if case .choice(let options) = value, options.isEmpty {
                    throw refuse("config.\(key)", "at least one option", "none")
                }
            }
        }
    }

    private static func isFileNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
        }
    }
}

/// A value of a config: fixed, or in JSON `{"one_of": [...]}`.
public enum DrawnValue: Codable, Sendable, Equatable {
    case fixed(JSONValue)
    case choice([JSONValue])

    private static let key = "one_of"

    public init(from decoder: any Decoder) throws {
        let value = try JSONValue(from: decoder)
        if case .object(let members) = value, members.count == 1, case .list(let options) = members[Self.key] {
            self = .choice(options)
        } else {
            self = .fixed(value)
        }
    }

    public func encode(to encoder: any Encoder) throws {
        switch self {
        case .fixed(let value): try value.encode(to: encoder)
        case .choice(let options): try JSONValue.object([Self.key: .list(options)]).encode(to: encoder)
        }
    }
}
