import NeuralGraphs
import Nowcasting
import PluginHost
import Tensors

/// Verifies a graph edge by edge, as from a file, against the symmetries of a model: whoever made it, and whatever its
/// nodes are called.
///
/// With another number in every scalar, a permutation of the parameters says where the ends of each edge must go. The
/// graph follows a group if one relabelling of all nodes does that, for edges with scalars and with constants.
public struct GraphFileVerifier {
    /// Edges beyond which a graph is refused: the search is for small models.
    public static let edgeLimit = 100_000

    public var trials: Int
    public var seed: UInt64
    public var nowcaster: (any Nowcaster)?

    public init(trials: Int = 3, seed: UInt64 = 1000, nowcaster: (any Nowcaster)? = nil) {
        (self.trials, self.seed, self.nowcaster) = (trials, seed, nowcaster)
    }

    /// - Parameters:
    ///   - words: `pos_w` of each node.
    ///   - name: what the report calls it.
    /// - Throws: `VerificationError`; what the plugin, its forward pass or the nowcaster throw.
    public func verify(_ edges: EdgeList, words: [Int], parameters: ParameterList, of model: Model, name: String) throws
        -> VerificationReport
    {
        guard edges.count <= Self.edgeLimit else {
            throw VerificationError.tooManyEdges(graph: name, limit: Self.edgeLimit, found: edges.count)
        }
        if let (expected, found) = Self.difference(model.parameters, parameters) {
            throw VerificationError.otherParameters(graph: name, expected: expected, found: found)
        }
        guard words.count == edges.nodeCount else {
            throw NowcastError.wordCount(expected: edges.nodeCount, found: words.count)
        }
        let claims = model.description.claims
        let nodes = NodeInput(encoding: try LaplacianPositionalEncoding(edges).values, words: words)
        var run = GraphFileRun(
            blame: GraphBlame(
                edges: edges, parameters: parameters, claims: claims, marks: words,
                units: EdgeUnits(edges, parameters, claims)), trials: trials,
            random: SeededRandom(seed: seed, purpose: .trials), failures: Self.structuralFailures(edges, parameters))
        var groups: [GroupReport] = []
        // A scalar on no edge has no nowcast.
        if !run.failures.contains(where: { $0.parameter != nil }) {
            let function = try FunctionProof(model, using: &run.random)
            let nowcast = try NowcastProof(
                GraphInput(edges, nodes: nodes, parameters: parameters), parameters, slots: edges.slotCount,
                nowcaster: nowcaster, using: &run.random)
            for (index, group) in claims.groups.enumerated() where group.size > 1 {
                groups.append(
                    try run.report(
                        index, Place.all(of: index, claims, tensors: model.movableTensors), function, nowcast))
            }
        }
        return VerificationReport(
            plugin: model.architecture.plugin, model: name,
            size: VerificationReport.Size(parameters: parameters.count, nodes: edges.nodeCount, edges: edges.count),
            groups: groups, failures: run.failures,
            idleGroups: claims.groups.filter { $0.size == 1 }.map(\.name))
    }

    /// Whether relabellings of the nodes follow some random elements of every group; the bare answer.
    /// - Throws: `VerificationError.undecided`.
    public static func isEquivariant(
        _ edges: EdgeList, words: [Int], parameters: ParameterList, under claims: Symmetries, trials: Int, seed: UInt64
    ) throws(VerificationError) -> Bool {
        let blame = GraphBlame(
            edges: edges, parameters: parameters, claims: claims, marks: words,
            units: EdgeUnits(edges, parameters, claims))
        var random = SeededRandom(seed: seed, purpose: .trials)
        for group in claims.groups where group.size > 1 {
            for _ in 0..<trials {
                let element = GroupElement(claims.groups, moving: { $0 == group.name }, using: &random)
                guard try blame.follows(TensorAction(element, claims)) else { return false }
            }
        }
        return true
    }

    private static func difference(_ expected: ParameterList, _ found: ParameterList) -> (
        expected: String, found: String
    )? {
        func text(_ list: ParameterList, _ index: Int) -> String {
            list.entries.indices.contains(index)
                ? "\(list.entries[index].name) \(list.entries[index].shape)" : "no more"
        }
        let first = (0..<max(expected.entries.count, found.entries.count)).first {
            text(expected, $0) != text(found, $0)
        }
        return first.map { (text(expected, $0), text(found, $0)) }
    }

    /// Scalars on no edge, and nodes without edges.
    private static func structuralFailures(_ edges: EdgeList, _ parameters: ParameterList) -> [Failure] {
        var isReached = [Bool](repeating: false, count: parameters.count)
        var isJoined = [Bool](repeating: false, count: edges.nodeCount)
        for edge in edges.sources.indices {
            if edges.parameterScalars[edge] >= 0 {
                for slot in 0..<edges.slots[edge] { isReached[edges.parameterScalars[edge] + slot] = true }
            }
            if edges.sources[edge] != edges.targets[edge] {
                (isJoined[edges.sources[edge]], isJoined[edges.targets[edge]]) = (true, true)
            }
        }
        let unread = parameters.entries.compactMap { entry in
            entry.range.first { !isReached[$0] }.map {
                Failure(
                    proof: .structure, groups: [], parameter: entry.name, expected: "every scalar on an edge",
                    found: "scalar \($0 - entry.offset) on none")
            }
        }
        let isolated = isJoined.indices.filter { !isJoined[$0] }
        guard let first = isolated.first else { return unread }
        return unread + [
            Failure(
                proof: .structure, groups: [],
                message: "\(isolated.count) nodes without edges, the first one is \(first)")
        ]
    }
}

/// The proofs of one graph, group by group.
private struct GraphFileRun {
    let blame: GraphBlame
    let trials: Int
    var random: SeededRandom
    var failures: [Failure]
    /// What was found at fault for other groups.
    private var causes: [[Int]] = []

    init(blame: GraphBlame, trials: Int, random: SeededRandom, failures: [Failure]) {
        (self.blame, self.trials, self.random, self.failures) = (blame, trials, random, failures)
    }

    mutating func report(_ index: Int, _ places: [Place], _ function: FunctionProof, _ nowcast: NowcastProof) throws
        -> GroupReport
    {
        let (claims, group) = (blame.claims, blame.claims.groups[index])
        var (functionError, nowcastError, holds) = (0.0, 0.0, true)
        for _ in 0..<trials {
            let element = GroupElement(claims.groups, moving: { $0 == group.name }, using: &random)
            let action = TensorAction(element, claims)
            functionError = max(functionError, try function.error(action))
            nowcastError = max(nowcastError, try nowcast.error(action))
            guard holds else { continue }
            holds = try blame.follows(action)
            if !holds { try accuse(group.name, action) }
        }
        if functionError > FunctionProof.tolerance { failures.append(.function([group.name], functionError)) }
        if holds && nowcastError > NowcastProof.tolerance { failures.append(.nowcast([group.name], nowcastError)) }
        return GroupReport(
            group: group.name, size: group.size, actsOn: GroupReport.Place.counted(places, claims),
            functionError: functionError, graph: holds,
            nowcastError: nowcastError, controls: holds ? try controls(index, places) : GroupReport.Controls())
    }

    private mutating func accuse(_ group: String, _ action: TensorAction) throws {
        let cause = try blame.smallestCause(of: action, known: causes, using: &random)
        causes.append(cause)
        let patterns = cause.reduce(into: [String]()) {
            if !$0.contains(blame.units.pattern($1)) { $0.append(blame.units.pattern($1)) }
        }
        failures.append(
            Failure(
                proof: .graph, groups: [group],
                message: "no relabelling of the nodes follows the permuted parameters"
                    + (cause.isEmpty
                        ? "" : "; without the edges of \(patterns.joined(separator: ", ")) there would be one")))
        var named: Set<String> = []
        for unit in cause where named.insert(blame.units.pattern(unit)).inserted {
            failures.append(blame.failure(unit, group: group, cause: cause))
        }
    }

    /// No relabelling may follow a permutation that leaves out one place.
    private mutating func controls(_ group: Int, _ places: [Place]) throws -> GroupReport.Controls {
        var counts = GroupReport.Controls()
        for control in NegativeControl.all(of: group, at: places, blame.claims)
        where blame.parameters[control.place.tensor] != nil {
            guard let (_, action) = control.draw(blame.claims, using: &random) else { continue }
            counts.total += 1
            if try !blame.follows(action) {
                counts.caught += 1
            } else {
                failures.append(
                    Failure(
                        proof: .control, groups: [blame.claims.groups[group].name],
                        message: "not caught, a relabelling of the nodes follows it: \(control.text(blame.claims))"))
            }
        }
        return counts
    }
}
