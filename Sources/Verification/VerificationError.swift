/// Why something could not be verified, as opposed to being wrong. The descriptions are one line each, for people.
public enum VerificationError: Error, Equatable, CustomStringConvertible {
    /// The search for small graphs is of no use here.
    case tooManyEdges(graph: String, limit: Int, found: Int)
    case otherParameters(graph: String, expected: String, found: String)
    /// Too many nodes look alike.
    case undecided(nodes: Int)
    /// Lowering the numbers of its config does not make the model small.
    case notShrinkable(model: String, limit: Int, found: Int)

    public var description: String {
        switch self {
        case .tooManyEdges(let graph, let limit, let found):
            "\(graph): expected at most \(limit) edges, found \(found): verify the graph of a smaller model"
        case .otherParameters(let graph, let expected, let found):
            "\(graph): parameter list: expected \(expected) as in the config, found \(found)"
        case .undecided(let nodes):
            "graph: too many of its \(nodes) nodes look alike to decide whether it follows the permuted parameters"
        case .notShrinkable(let model, let limit, let found):
            "\(model): expected a config that can be made small, to \(limit) edges; the smallest model found has "
                + "\(found)"
        }
    }
}
