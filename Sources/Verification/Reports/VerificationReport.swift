import Derivation
import NeuralGraphs

/// What the verification of one model found: one JSON object a model, and all that the table for people is made of.
public struct VerificationReport: Codable, Sendable, Equatable {
    /// Counts of what was verified.
    public struct Size: Codable, Sendable, Equatable {
        public let parameters: Int
        public let nodes: Int
        public let edges: Int
    }

    public let plugin: String
    /// As the user knows it: a config's name, or a sample of the plugin.
    public let model: String
    public let size: Size
    /// Set if a smaller model stood in for this one.
    public internal(set) var shrinking: ShrinkingReport?
    /// Set if only some groups of a large model were tried.
    public internal(set) var sampling: SamplingReport?
    /// In the order of the claims; the last one is all groups together.
    public let groups: [GroupReport]
    public let failures: [Failure]
    /// The claims beside what the forward pass alone tells; nil for a graph from a file.
    public internal(set) var derivation: SymmetryComparison?
    /// Groups of one item, which cannot move.
    public let idleGroups: [String]

    /// All proofs hold, and all controls were caught.
    public var holds: Bool { failures.isEmpty && (shrinking?.failures.isEmpty ?? true) }
    public var caught: Int { groups.reduce(0) { $0 + $1.controls.caught } }
    public var controls: Int { groups.reduce(0) { $0 + $1.controls.total } }
    public var inert: [String] { groups.flatMap(\.controls.inert) }
    public var inconclusive: [String] { groups.flatMap(\.controls.inconclusive) }
}

/// One group of the claims, or all together.
public struct GroupReport: Codable, Sendable, Equatable {
    /// An axis in the grammar and how many tensors hold it.
    public struct Place: Codable, Sendable, Equatable {
        public let segment: String
        public let count: Int

        static func counted(_ places: [Verification.Place], _ claims: Symmetries) -> [Place] {
            var counts: [(segment: String, count: Int)] = []
            for text in places.map({ claims.text($0.factors) }) {
                if let index = counts.firstIndex(where: { $0.segment == text }) {
                    counts[index].count += 1
                } else {
                    counts.append((text, 1))
                }
            }
            return counts.map { Place(segment: $0.segment, count: $0.count) }
        }
    }

    public struct Controls: Codable, Sendable, Equatable {
        public internal(set) var caught = 0
        public internal(set) var total = 0
        /// Controls that the function or the nowcast provably cannot show: the forward pass does not depend on the
        /// scalars they move, or no message tells them apart. Not in `total`.
        public internal(set) var inert: [String] = []
        /// Controls that the function did not show with any of several random weights, though it may depend on what
        /// they move. Not in `total`.
        public internal(set) var inconclusive: [String] = []
    }

    /// nil for all groups together.
    public let group: String?
    public let size: Int
    public let actsOn: [Place]
    /// Largest relative error of the forward pass over the trials; nil if a number was not finite.
    public let functionError: Double?
    /// Graph(π·θ) = π·Graph(θ) in every trial, and no edge block departs from the group.
    public let graph: Bool
    /// Largest relative error of the predicted change; nil if a number was not finite.
    public let nowcastError: Double?
    public let controls: Controls

    /// - Parameter functionError, nowcastError: may be infinite.
    init(
        group: String?, size: Int, actsOn: [Place], functionError: Double, graph: Bool, nowcastError: Double,
        controls: Controls
    ) {
        (self.group, self.size, self.actsOn, self.graph, self.controls) = (group, size, actsOn, graph, controls)
        // JSON has no infinity.
        self.functionError = functionError.isFinite ? functionError : nil
        self.nowcastError = nowcastError.isFinite ? nowcastError : nil
    }
}

/// How a large model was made small, and what was proven of it at its full size.
public struct ShrinkingReport: Codable, Sendable, Equatable {
    public struct Change: Codable, Sendable, Equatable {
        /// Path of the key in the config.
        public let key: String
        public let from: Int
        public let to: Int
    }

    public let fullSize: VerificationReport.Size
    public let changes: [Change]
    /// Edge blocks of the full model, all of which were checked against its groups.
    public let edgeBlocks: Int
    /// Of the structural proof at full size.
    public let failures: [Failure]
}
