import NeuralGraphs
import PluginHost

/// Finds a small model that stands in for a large one, knowing nothing of architectures: it lowers whole numbers of the
/// config, one after the other, as long as the plugin takes the config and the model keeps its structure
/// (`ModelStructure`).
///
/// No two sizes that were different may become equal. Of the values that will do, it takes one that leaves most sizes
/// different, then the smallest. Numbers that change nothing stay as they are, unless the plugin insists on lowering
/// them too.
public struct ModelShrinker {
    /// Models of no more edges are verified as they are.
    public static let edgeLimit = 20_000

    /// A config of more numbers writes down every operation of a model; lowering one of them makes nothing smaller.
    private static let numberLimit = 256

    /// False where the config has no sizes to lower.
    static func canShrink(_ subject: Subject) -> Bool {
        guard let integers = try? ConfigurationIntegers(subject.model.configuration) else { return false }
        return integers.paths.count <= numberLimit
    }

    private let make: (ModelConfiguration) throws -> Model
    private let large: Subject
    private let structure: ModelStructure
    /// Numbers of which the model does not take notice: ids of tokens and the like.
    private var neutral: [ConfigurationIntegers.Path] = []

    /// - Parameter make: makes a model of a config, or refuses; by default, the architecture of the large one.
    public init(_ large: Subject, make: ((ModelConfiguration) throws -> Model)? = nil) {
        self.large = large
        let architecture = large.model.architecture
        self.make = make ?? { try Model(architecture: architecture, configuration: $0) }
        structure = ModelStructure(large)
    }

    private struct Candidate {
        let integers: ConfigurationIntegers
        let subject: Subject
        let cost: Int
        let score: (hidden: Int, distinct: Int)
    }

    /// - Returns: the small model, and what became of the config's numbers.
    /// - Throws: `VerificationError.notShrinkable`.
    public mutating func shrink() throws -> (subject: Subject, changes: [ShrinkingReport.Change]) {
        let original = try ConfigurationIntegers(large.model.configuration)
        var current = Candidate(integers: original, subject: large, cost: Self.cost(large), score: (0, 0))
        neutral = original.paths.filter { isNeutral($0, in: original) }
        let paths = original.paths.filter { !neutral.contains($0) }
        var hasChanged = true
        while hasChanged {
            hasChanged = false
            for path in paths {
                guard let better = lower(path, of: current) else { continue }
                current = better
                hasChanged = true
            }
        }
        let edges = current.subject.graph.edgeCount
        guard edges <= Self.edgeLimit else {
            throw VerificationError.notShrinkable(
                model: large.model.configuration.file, limit: Self.edgeLimit, found: edges)
        }
        let changes = original.paths.filter { original[$0] != current.integers[$0] }.map {
            ShrinkingReport.Change(key: ConfigurationIntegers.text($0), from: original[$0], to: current.integers[$0])
        }
        return (current.subject, changes)
    }

    private static func cost(_ subject: Subject) -> Int {
        subject.model.parameters.count + subject.claims.groups.reduce(0) { $0 + $1.size }
    }

    private func isNeutral(_ path: ConfigurationIntegers.Path, in integers: ConfigurationIntegers) -> Bool {
        [integers[path] / 2, integers[path] - 1].contains { value in
            var changed = integers
            changed[path] = value
            guard let model = try? make(changed.configuration()) else { return false }
            return model.description == large.model.description
        }
    }

    /// Sizes of five and more first: a few numbers too many are cheap, and tiny norms hide things. Fewer where nothing
    /// else will do, and where a number counts layers.
    private func lower(_ path: ConfigurationIntegers.Path, of current: Candidate) -> Candidate? {
        let value = current.integers[path]
        func tried(_ values: some Sequence<Int>, atMost limit: Int) -> [Candidate] {
            Array(values.lazy.filter { $0 < value }.compactMap { candidate($0, at: path, of: current) }.prefix(limit))
        }
        let tensors = current.subject.model.description.parameters.count
        if let fewerLayers = tried(2...4, atMost: 1).first,
            fewerLayers.subject.model.description.parameters.count < tensors
        {
            return fewerLayers
        }
        guard value > 5 else { return nil }
        let usual = tried(Array(5...64) + (2...64).map { $0 * 64 }, atMost: 8)
        let candidates = usual.isEmpty ? tried([4, 3, 2], atMost: 1) : usual
        return candidates.min { (-$0.score.distinct, $0.cost) < (-$1.score.distinct, $1.cost) }
    }

    /// nil if the plugin refuses the value, or the model is no smaller, or has another structure, or hides more behind
    /// equal sizes.
    private func candidate(_ value: Int, at path: ConfigurationIntegers.Path, of current: Candidate) -> Candidate? {
        var integers = current.integers
        integers[path] = value
        var model = try? make(integers.configuration())
        if model == nil {
            for other in neutral where integers[other] >= value { integers[other] = value - 1 }
            model = try? make(integers.configuration())
        }
        guard let model, let subject = try? Subject(model) else { return nil }
        let cost = Self.cost(subject)
        guard cost < current.cost, ModelStructure(subject) == structure else { return nil }
        let score = ModelStructure.coincidences(of: subject, for: large)
        return score.hidden <= current.score.hidden
            ? Candidate(integers: integers, subject: subject, cost: cost, score: score) : nil
    }
}
