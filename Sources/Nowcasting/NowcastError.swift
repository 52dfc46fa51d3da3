/// What can be wrong with a checkpoint, a history or a request, one case a rule.
public enum NowcastError: Error, Equatable, Sendable {
    // Checkpoints.
    case weightMissing(name: String)
    /// `nil` in `expected` stands for any size.
    case weightShape(name: String, expected: [Int?], found: [Int])
    case weightNotFinite(name: String)
    case argumentsUnreadable(found: String)
    case argument(name: String, expected: String, found: String)
    /// Any of the above, of a file.
    indirect case network(file: String, NowcastError)

    // Histories.
    case stateCount(expected: Int, found: Int)
    case stateLength(state: Int, expected: Int, found: Int)

    // Graphs.
    case encodingLength(expected: Int, found: Int)
    case wordCount(expected: Int, found: Int)
    case wordOutsideVocabulary(node: Int, expectedBelow: Int, found: Int)
    case edgeType(expectedBelow: Int, found: Int)
    /// More scalars on an edge than the network has slots for.
    case slots(expectedAtMost: Int, found: Int)
    case scalarOnNoEdge(parameter: String, scalar: Int)
    /// An edge begins in this parameter and ends in another one.
    case edgeAcrossParameters(edge: Int, parameter: String)

    // Requests.
    case horizon(expectedAtMost: Int?, found: Int)
    case graphMissing(method: String)
    /// Whoever watches wanted no more.
    case stopped

    // Saved states of the optimizer wrapper.
    case savedTensorMissing(name: String)
    case savedTensorShape(name: String, expected: [Int], found: [Int])
    case savedNumber(name: String, expected: String, found: String)
    case setting(name: String, expected: String, found: String)
}

extension NowcastError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .weightMissing(let name): "tensor '\(name)': expected, as every network of NiNo or WNN+ has it, found none"
        case .network(let file, let error): "\(file): \(error)"
        case .weightShape(let name, let expected, let found):
            "\(name): expected shape [\(expected.map { $0.map(String.init) ?? "any" }.joined(separator: ", "))], "
                + "found \(found)"
        case .weightNotFinite(let name): "\(name): holds NaN or infinity, expected finite weights"
        case .argumentsUnreadable(let found):
            "model_args: expected a dictionary of numbers, strings and truth values, found \(found)"
        case .argument(let name, let expected, let found): "model_args.\(name): expected \(expected), found \(found)"
        case .stateCount(let expected, let found): "history: expected \(expected) states, found \(found)"
        case .stateLength(let state, let expected, let found):
            "history: state \(state) expected \(expected) numbers, found \(found)"
        case .encodingLength(let expected, let found): "lpe: expected \(expected) numbers, found \(found)"
        case .wordCount(let expected, let found): "pos_w: expected \(expected) numbers, found \(found)"
        case .wordOutsideVocabulary(let node, let limit, let found):
            "pos_w: node \(node) has word \(found), expected 0..<\(limit)"
        case .edgeType(let limit, let found): "edge_type: expected 0..<\(limit), found \(found)"
        case .slots(let limit, let found):
            "edge_slots: the network takes at most \(limit) scalars on an edge, found \(found)"
        case .scalarOnNoEdge(let parameter, let scalar): "edge_param: scalar \(scalar) of \(parameter) lies on no edge"
        case .edgeAcrossParameters(let edge, let parameter):
            "edge_slots: the scalars of edge \(edge) go on beyond the end of \(parameter)"
        case .horizon(let limit, let found): "horizon: expected 1...\(limit.map(String.init) ?? ""), found \(found)"
        case .graphMissing(let method): "\(method): needs a graph"
        case .stopped: "nowcast: stopped before its end"
        case .savedTensorMissing(let name): "\(name): missing from the saved state"
        case .savedTensorShape(let name, let expected, let found): "\(name): expected shape \(expected), found \(found)"
        case .savedNumber(let name, let expected, let found): "\(name): expected \(expected), found \(found)"
        case .setting(let name, let expected, let found): "\(name): expected \(expected), found \(found)"
        }
    }
}
