import NeuralGraphs
import Presentation
import Tensors

/// All that an explorer page computes from, as JSON. How the page reads it: Sources/CPages/assets/explore.
struct ExplorerData: Encodable {
    struct Group: Encodable {
        let name: String
        let size: Int
        let dependsOn: [Int]
    }

    struct StoredTensor: Encodable {
        let name: String
        let shape: [Int]
        let axes: [[[Factor]]]
        let data: String
    }

    struct Input: Encodable {
        let name: String
        let shape: [Int]
        var values: [Int64]?
        var data: String?
        var bound: Int?
    }

    struct Reference: Encodable {
        let shape: [Int]
        let data: String
    }

    let groups: [Group]
    let tensors: [StoredTensor]
    /// As in docs/traced.md.
    let program: ProgramDocument
    let inputs: [Input]
    let reference: Reference
    let graph: GraphForm?

    init(_ network: ExploredNetwork) {
        groups = network.claims.groups.map { Group(name: $0.name, size: $0.size, dependsOn: $0.dependsOn) }
        program = ProgramDocument(network.program, name: network.model.title)
        reference = Reference(shape: network.logits.shape, data: base64(floats: network.logits.array))
        graph = network.graph.map(GraphForm.init)
        inputs = network.inputs.keys.sorted().map { name in
            switch network.inputs[name]! {
            case .float(let tensor): Input(name: name, shape: tensor.shape, data: base64(floats: tensor.array))
            case .integer(let tensor):
                Input(name: name, shape: tensor.shape, values: Array(tensor.values), bound: network.bounds[name])
            }
        }
        let state = network.state
        let names = network.program.parameterNames + network.program.bufferNames
        tensors = names.map { name in
            let tensor = state.buffers[name] ?? state.view(name, of: state.parameters)!
            let axes = network.claims.axes[name] ?? tensor.shape.map { Axis(.fixed($0)) }
            return StoredTensor(
                name: name, shape: tensor.shape, axes: axes.map(Factor.factors), data: base64(floats: tensor.array))
        }
    }
}

/// A factor of an axis: `{"group": index}` or `{"fixed": count}`.
struct Factor: Encodable {
    var group: Int?
    var fixed: Int?

    /// The factors of every segment.
    static func factors(of axis: Axis) -> [[Factor]] {
        axis.segments.map { segment in
            segment.map { factor in
                switch factor {
                case .group(let index): Factor(group: index)
                case .fixed(let count): Factor(fixed: count)
                }
            }
        }
    }
}

/// A neural graph by its blocks.
struct GraphForm: Encodable {
    struct Nodes: Encodable {
        let name: String
        let count: Int
        let axis: [[Factor]]?
    }

    struct Rule: Encodable {
        let tensor: String
        let offset: Int
        /// [extent, stride] of each level.
        let from: [[Int]]
        let to: [[Int]]
    }

    struct Edges: Encodable {
        let name: String
        let type: String
        let topology: String
        /// Nodes of `from` that each node of `to` is joined with.
        let partners: Int
        let from: Int
        let to: Int
        let reversed: Bool
        let rule: Rule?
    }

    let nodes: [Nodes]
    let edges: [Edges]

    init(_ graph: NeuralGraph) {
        nodes = graph.nodeBlocks.map { Nodes(name: $0.name, count: $0.count, axis: $0.axis.map(Factor.factors)) }
        edges = graph.edgeBlocks.map { block in
            Edges(
                name: block.name, type: "\(block.type)", topology: block.topology.name,
                partners: graph.partners(of: block), from: block.from, to: block.to, reversed: block.reversed,
                rule: Self.rule(block, graph))
        }
    }

    private static func rule(_ block: EdgeBlock, _ graph: NeuralGraph) -> Rule? {
        guard case .parameter(let rule) = block.values else { return nil }
        func levels(_ list: [IndexLevel]) -> [[Int]] { list.map { [$0.extent, $0.stride] } }
        return Rule(
            tensor: graph.parameters.entries[rule.parameter].name, offset: rule.offset, from: levels(rule.from),
            to: levels(rule.to))
    }
}
