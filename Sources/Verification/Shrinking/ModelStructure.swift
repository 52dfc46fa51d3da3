import NeuralGraphs
import PluginHost

/// What a smaller model must have in common with the one it stands in for: everything but the sizes and the number of
/// layers.
///
/// Layers look alike (`LayerPattern`); of each kind of tensor and group it counts whether there is none, one, or more.
struct ModelStructure: Equatable {
    private var kinds: [String: Int] = [:]

    init(_ subject: Subject) {
        let (description, graph) = (subject.model.description, subject.graph)
        var counts: [String: Int] = [:]
        func note(_ kind: String) { counts[kind, default: 0] += 1 }
        for group in description.groups {
            note(
                "group \(LayerPattern.of(group.name)) \(group.size > 1) "
                    + "\(group.dependsOn.map { LayerPattern.of(description.groups[$0].name) })"
            )
        }
        for (role, tensors) in [("parameter", description.parameters), ("buffer", description.buffers)] {
            for tensor in tensors {
                note("\(role) \(LayerPattern.of(tensor.name)) \(tensor.axes.map { Self.text($0, description.groups) })")
            }
        }
        for tied in description.tied { note("tied \(LayerPattern.of(tied.name)) \(LayerPattern.of(tied.parameter))") }
        kinds = counts.mapValues { min($0, 2) }
        for block in graph.edgeBlocks { kinds["edges \(Self.text(block, graph))"] = 1 }
        // A kernel in several parts is another case than one in a single part, however many layers there are.
        var blocksOfParameter: [Int: Int] = [:]
        for case .parameter(let rule) in graph.edgeBlocks.map(\.values) {
            blocksOfParameter[rule.parameter, default: 0] += 1
        }
        for (parameter, count) in blocksOfParameter {
            kinds["blocks of \(LayerPattern.of(graph.parameters.entries[parameter].name))", default: 0] |=
                count == 1 ? 1 : 2
        }
    }

    private static func text(_ axis: Axis, _ groups: [PermutationGroup]) -> String {
        axis.segments.map { segment in
            segment.map { factor in
                switch factor {
                case .group(let index): LayerPattern.of(groups[index].name)
                case .fixed(let count): count > 1 ? "fixed" : "1"
                }
            }.joined(separator: ", ")
        }.joined(separator: " | ")
    }

    private static func text(_ block: EdgeBlock, _ graph: NeuralGraph) -> String {
        let ends = [block.from, block.to].map { LayerPattern.of(graph.nodeBlocks[$0].name) }
        guard case .parameter(let rule) = block.values else { return "\(block.type) constant \(ends)" }
        let copies = (rule.from + rule.to).contains { $0.stride == 0 && $0.extent > 1 }
        return
            "\(block.type) \(LayerPattern.of(graph.parameters.entries[rule.parameter].name)) \(ends) "
            + "\(block.topology.name) \(block.reversed) \(copies)"
    }

    /// Sizes that differ in the large model and are equal in a small one, where an error might hide behind the
    /// coincidence; and how many sizes the small model has.
    static func coincidences(of small: Subject, for large: Subject) -> (hidden: Int, distinct: Int) {
        let before = sizes(large)
        var meanings: [Int: Set<Int>] = [:]
        for (name, size) in sizes(small) where size > 1 { meanings[size, default: []].insert(before[name] ?? -1) }
        return (meanings.values.reduce(0) { $0 + $1.count - 1 }, meanings.count)
    }

    /// Of every group, and of every axis of a tensor.
    private static func sizes(_ subject: Subject) -> [String: Int] {
        let description = subject.model.description
        var sizes = Dictionary(uniqueKeysWithValues: description.groups.map { ("group \($0.name)", $0.size) })
        for tensor in description.parameters {
            for (axis, size) in tensor.shape.enumerated() { sizes["\(tensor.name) \(axis)"] = size }
        }
        return sizes
    }
}
