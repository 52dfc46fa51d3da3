/// The outer steps, which wrap any optimizer, by the names of `--outer`.
public enum OuterStepKind: String, Codable, Sendable, CaseIterable {
    case lookahead, snoo

    /// - Throws: `unknownOuterStep` with the names that are known.
    public static func named(_ name: String) throws(TrainingError) -> OuterStepKind {
        guard let kind = OuterStepKind(rawValue: name) else {
            throw .unknownOuterStep(name, known: allCases.map(\.rawValue))
        }
        return kind
    }

    /// As people write it.
    public var title: String {
        switch self {
        case .lookahead: "Lookahead"
        case .snoo: "SNOO"
        }
    }

    /// - Parameter count: number of weights.
    func wrap(_ base: any TrainingOptimizer, count: Int) -> any TrainingOptimizer {
        switch self {
        case .lookahead: Lookahead(base, count: count)
        case .snoo: SNOO(base, count: count)
        }
    }
}
