import NeuralGraphs
import PluginHost
import Tensors
import Verification

/// A model with one thing wrong in its claims or its graph; or one that might be.
struct Mutant {
    /// What was done, the same for all mutants made that way.
    let kind: String
    /// To what it was done.
    let place: String
    /// True if only the edges differ, so that the graph may still be right: some relabelling of its nodes may follow
    /// every group.
    let mayBeHarmless: Bool
    /// Makes the subject; throws where the graph is refused when it is made.
    let subject: () throws -> Subject

    /// At most `limit` of each kind, drawn from all mutants there are.
    static func sample(of subject: Subject, limit: Int, seed: UInt64) -> [Mutant] {
        var random = SeededRandom(seed: seed, purpose: .sampling)
        let all = ClaimMutations(subject).all + NodeMutations(subject).all + EdgeMutations(subject).all
        let kinds = all.reduce(into: [String]()) { if !$0.contains($1.kind) { $0.append($1.kind) } }
        return kinds.flatMap { kind in
            let mutants = all.filter { $0.kind == kind }
            return random.permutation(mutants.count).prefix(limit).sorted().map { mutants[$0] }
        }
    }
}

extension Subject {
    func with(groups: [PermutationGroup]? = nil, axes: [String: [Axis]]) throws -> Subject {
        let groups = groups ?? claims.groups
        return Subject(
            model, claims: Symmetries(groups: groups, axes: axes),
            graph: try NeuralGraph(
                groups: groups, parameters: graph.parameters, nodeBlocks: graph.nodeBlocks, edgeBlocks: graph.edgeBlocks
            ))
    }

    func with(nodeBlocks: [NodeBlock]? = nil, edgeBlocks: [EdgeBlock]? = nil) throws -> Subject {
        Subject(
            model, claims: claims,
            graph: try NeuralGraph(
                groups: graph.groups, parameters: graph.parameters, nodeBlocks: nodeBlocks ?? graph.nodeBlocks,
                edgeBlocks: edgeBlocks ?? graph.edgeBlocks))
    }

    /// Axes with one thing wrong: each way a group factor can be dropped, exchanged or moved.
    func wrongAxes(_ axis: Axis) -> [(kind: String, axis: Axis)] {
        var wrong: [(String, Axis)] = []
        for (number, segment) in axis.segments.enumerated() {
            func replacing(_ segment: [AxisFactor]) -> Axis {
                var segments = axis.segments
                segments[number] = segment
                return Axis(segments: segments)
            }
            for (position, factor) in segment.enumerated() {
                guard case .group(let index) = factor, claims.groups[index].size > 1 else { continue }
                var dropped = segment
                dropped[position] = .fixed(claims.groups[index].size)
                wrong.append(("group dropped", replacing(dropped)))
                for other in claims.groups.indices
                where other != index && claims.groups[other].size == claims.groups[index].size {
                    var exchanged = segment
                    exchanged[position] = .group(other)
                    wrong.append(("another group", replacing(exchanged)))
                }
                // Past a factor of one position, an exchange changes nothing.
                guard position > 0, Axis(segment[position - 1]).size(in: claims.groups) > 1 else { continue }
                var swapped = segment
                swapped.swapAt(position - 1, position)
                wrong.append(("factors swapped", replacing(swapped)))
            }
            for later in axis.segments.indices where later > number && axis.segments[later] != segment {
                var segments = axis.segments
                segments.swapAt(number, later)
                wrong.append(("segments swapped", Axis(segments: segments)))
            }
        }
        return wrong
    }
}
