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

        enum CodingKeys: String, CodingKey, CaseIterable {
            case name, task, config, steps, interval, states
            case learningRate = "learning_rate"
            case weightDecay = "weight_decay"
            case batchSize = "batch_size"
        }

        static let form = JSONForm.keys(
            CodingKeys.allCases.map(\.rawValue),
            [
                CodingKeys.task.rawValue: .oneOf(TaskDescription.all.map(\.name)),
                CodingKeys.states.rawValue: .oneOf(StateKind.allCases.map(\.rawValue)),
            ])

        /// Fewest steps of a run: more than five states are stored.
        public var fewestSteps: Int { 6 * interval }

        /// States that a run stores: after `interval`, 2 · `interval`, … steps.
        public var stateCount: Int { steps / interval }
    }

    /// The keys and names of a plan's file.
    static let form = JSONForm.object(["families": .list(Family.form)])

    public init(families: [Family]) {
        self.families = families
    }

    /// - Throws: `cannotRead`, `json`.
    public init(contentsOf file: String) throws(TrainingError) {
        let text = try readFile(file)
        do throws(JSONError) {
            self = try JSONText.decode(from: text, file: file, form: Self.form)
        } catch {
            throw .json(error)
        }
    }

    /// - Parameters:
    ///   - place: what stands before a key in messages.
    ///   - names: the families that are collected; nil for all. How long the runs of others are does not matter.
    /// - Throws: `invalidSetting` naming the key.
    public func validate(_ place: String = Self.place, collecting names: [String]? = nil) throws(TrainingError) {
        guard !families.isEmpty, families.map(\.name).distinct().count == families.count else {
            throw .invalidSetting(
                name: "\(place)families", allowed: "one or more with different names",
                found: families.isEmpty ? "none" : families.map(\.name).joined(separator: ", "))
        }
        for (index, family) in families.enumerated() {
            let key = "\(place)families[\(index)]"
            try family.validate(key)
            let isCollected = names?.contains(family.name) ?? true
            guard !isCollected || family.steps >= family.fewestSteps else {
                throw .invalidSetting(
                    name: "\(key).steps",
                    allowed: "at least \(family.fewestSteps), six intervals of \(family.interval)",
                    found: "\(family.steps)")
            }
        }
    }

    /// What stands before a key in messages where no file does.
    public static let place = "plan: "
}

extension CollectionPlan.Family {
    /// - Parameter key: that leads to the family, as in messages.
    fileprivate func validate(_ key: String) throws(TrainingError) {
        func require(_ isRight: Bool, _ name: String, _ allowed: String, _ found: Any) throws(TrainingError) {
            guard !isRight else { return }
            throw .invalidSetting(name: "\(key).\(name)", allowed: allowed, found: "\(found)")
        }
        let isName = !name.isEmpty && name.utf8.allSatisfy(Self.isFileNameByte)
        try require(isName, "name", "letters, digits, - and _", name)
        let tasks = TaskDescription.all.map(\.name)
        try require(tasks.contains(task), "task", tasks.spoken, task + Suggestion.question(about: task, among: tasks))
        let isRange =
            learningRate.count == 2 && learningRate[0] > 0 && learningRate[0] <= learningRate[1]
            && learningRate[1].isFinite
        try require(isRange, "learning_rate", "two rising positive numbers", learningRate)
        try require(weightDecay >= 0 && weightDecay.isFinite, "weight_decay", "a number of at least 0", weightDecay)
        try require((1...(1 << 20)).contains(batchSize), "batch_size", "1 to \(1 << 20)", batchSize)
        for (name, value) in [("interval", interval), ("steps", steps)] {
            try require(SettingBounds.steps.contains(value), name, "1 to \(SettingBounds.steps.upperBound)", value)
        }
        for (name, value) in config.sorted(by: { $0.key < $1.key }) {
            if let flaw = value.flaw { try require(false, "config.\(name)", flaw.expected, flaw.found) }
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

    /// What is wrong with it: no options, or an object that was meant to have some.
    var flaw: (expected: String, found: String)? {
        let expected = "a value, or {\"\(Self.key)\": […]} with at least one option"
        switch self {
        case .choice(let options): return options.isEmpty ? (expected, "no option") : nil
        case .fixed(.object(let members)):
            if members[Self.key] != nil { return (expected, "other keys or no list beside \"\(Self.key)\"") }
            guard members.count == 1, let key = members.keys.first,
                Suggestion.nearest(to: key, among: [Self.key]) != nil
            else { return nil }
            return (expected, "{\"\(key)\": …}")
        case .fixed: return nil
        }
    }

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
