import NeuralGraphs
import PluginHost

/// The groups a plugin claims beside those derived from its forward pass, matched by what they do, not by name.
public struct SymmetryComparison: Codable, Sendable, Equatable {
    /// A claimed group that the derivation does not have.
    public struct Unsupported: Codable, Sendable, Equatable {
        public let claim: String
        /// The op that pins it and where, or how the derived group differs.
        public let reason: String
    }

    /// A derived group that is not claimed.
    public struct Missed: Codable, Sendable, Equatable {
        public let size: Int
        /// Where it acts, as "tensor axis number".
        public let actsOn: [String]
    }

    /// Names of the claimed groups that the derivation has too.
    public let agreed: [String]
    public let notDerived: [Unsupported]
    public let notClaimed: [Missed]
    /// False for a plugin that claims nothing, whose groups and graph are derived.
    public let areClaimed: Bool

    public var isComplete: Bool { notDerived.isEmpty && notClaimed.isEmpty }

    /// One line for what agrees, and one for each group that does not.
    public var lines: [String] {
        areClaimed
            ? lines(claimed: "claimed", derived: "derived") : ["groups and graph are derived from the forward pass"]
    }

    /// The same with other words for the two sides.
    public func lines(claimed: String, derived: String) -> [String] {
        let missed = notClaimed.map { missed in
            let rest = missed.actsOn.count - 1
            return
                "\(derived), not \(claimed): \(missed.size) items of "
                + "\(missed.actsOn[0])\(rest > 0 ? " and \(rest) more" : "")"
        }
        return ["\(agreed.count) groups \(claimed) and \(derived)"]
            + notDerived.map { "\($0.claim) \(claimed), not \(derived): \($0.reason)" } + missed
    }

    public init(claims: Symmetries, derived: DerivedSymmetries, areClaimed: Bool = true) {
        self.areClaimed = areClaimed
        let claimed = GroupAction.all(of: claims)
        let found = GroupAction.all(of: derived.symmetries)
        let (claimedSet, foundSet) = (Set(claimed.compactMap { $0 }), Set(found.compactMap { $0 }))
        var agreed: [String] = []
        var notDerived: [Unsupported] = []
        for (group, action) in zip(claims.groups, claimed) {
            guard let action else { continue }
            if foundSet.contains(action) {
                agreed.append(group.name)
            } else {
                notDerived.append(
                    Unsupported(
                        claim: group.name, reason: derived.reason(against: action, found: found.compactMap { $0 })))
            }
        }
        self.agreed = agreed
        self.notDerived = notDerived
        notClaimed = zip(derived.symmetries.groups, found).compactMap { group, action in
            guard let action, !claimedSet.contains(action) else { return nil }
            return Missed(size: group.size, actsOn: action.axisNames)
        }
    }
}

extension GroupAction {
    var axisNames: [String] {
        places.sorted().map(\.axisName).reduce(into: []) { if $0.last != $1 { $0.append($1) } }
    }
}

extension DerivedSymmetries {
    /// Why no derived group has this action.
    fileprivate func reason(against claim: GroupAction, found: [GroupAction]) -> String {
        let places = claim.places.sorted()
        for place in places {
            for held in pins[place.tensor]?[place.axis] ?? [] where held.place.overlaps(place) {
                return "\(held.pin) (seen at \(place.axisName))"
            }
        }
        for place in places {
            guard let other = found.first(where: { $0.places.contains(place) }) else { continue }
            if let extra = other.places.subtracting(claim.places).min() {
                return "\(extra.axisName) must move with \(place.axisName)"
            }
            if let lacking = claim.places.subtracting(other.places).min() {
                return "\(lacking.axisName) does not move with \(place.axisName)"
            }
            return other.dependsOn.count < claim.dependsOn.count
                ? "\(place.axisName) moves by the same permutation for every index of the groups it depends on"
                : "\(place.axisName) moves by a permutation for each index of further groups"
        }
        return "the positions of \(places[0].axisName) fall into other factors"
    }
}
