import CNinoPlugin
import NeuralGraphs

/// The host's side of `construct`.
final class ConstructCall: BuilderCall {
    private let groups: GroupTable
    private let parameters: ParameterList
    private var nodeBlocks: [NodeBlock] = []
    private var edgeBlocks: [EdgeBlock] = []
    private var nodeCount: Int64 = 0

    init(groups: [PermutationGroup], parameters: ParameterList) {
        self.groups = GroupTable(groups)
        self.parameters = parameters
    }

    /// The table the plugin is given; valid while this object lives.
    var table: nino_graph_builder_t {
        nino_graph_builder_t(
            context: context,
            add_nodes: { builder, nodes, out, error in
                ConstructCall.of(builder).report(to: error) {
                    guard let nodes, let out else {
                        throw Refusal("add_nodes: expected nodes and a place for their number, found NULL")
                    }
                    out.pointee = try ConstructCall.of(builder).addNodes(nodes.pointee)
                }
            },
            add_edges: { builder, edges, error in
                ConstructCall.of(builder).report(to: error) {
                    guard let edges else { throw Refusal("add_edges: expected edges, found NULL") }
                    try ConstructCall.of(builder).addEdges(edges.pointee)
                }
            })
    }

    private static func of(_ builder: UnsafePointer<nino_graph_builder_t>?) -> ConstructCall {
        Unmanaged<ConstructCall>.fromOpaque(builder!.pointee.context).takeUnretainedValue()
    }

    /// The graph, checked as a whole.
    func graph() throws(NeuralGraphError) -> NeuralGraph {
        try NeuralGraph(groups: groups.groups, parameters: parameters, nodeBlocks: nodeBlocks, edgeBlocks: edgeBlocks)
    }

    private func addNodes(_ nodes: nino_node_block_t) throws -> nino_nodes_t {
        guard let name = nonEmptyText(nodes.name) else { throw Refusal("add_nodes: name: expected a text, found none") }
        let limit = Int64(Int32.max)
        guard (1...limit).contains(nodes.count), nodeCount + nodes.count <= limit else {
            throw Refusal("nodes \"\(name)\": count: expected 1 to \(limit - nodeCount), found \(nodes.count)")
        }
        let axis = try nodes.axis.map { try groups.axis($0.pointee, size: nodes.count, of: "nodes \"\(name)\"") }
        nodeBlocks.append(
            NodeBlock(
                name: name, first: Int(nodeCount), count: Int(nodes.count), axis: axis,
                isTokenTable: nodes.is_token_table != 0))
        nodeCount += nodes.count
        return nino_nodes_t(nodeBlocks.count - 1)
    }

    private func addEdges(_ edges: nino_edge_block_t) throws {
        guard let name = nonEmptyText(edges.name) else { throw Refusal("add_edges: name: expected a text, found none") }
        guard let type = EdgeType(rawValue: Int(edges.type)) else {
            throw Refusal("edges \"\(name)\": type: expected 1 to 11, found \(edges.type)")
        }
        let topology: Topology
        switch edges.topology {
        case NINO_ALL_PAIRS: topology = .allPairs
        case NINO_FAN: topology = .fan
        default: throw Refusal("edges \"\(name)\": topology: expected 0 or 1, found \(edges.topology)")
        }
        for block in [edges.from, edges.to] where !nodeBlocks.indices.contains(Int(clamping: block)) {
            throw Refusal("edges \"\(name)\": node block: expected 0 to \(nodeBlocks.count - 1), found \(block)")
        }
        let values: EdgeValues =
            edges.parameter == nil ? .constant(edges.constant) : .parameter(try addressRule(edges, name: name))
        edgeBlocks.append(
            EdgeBlock(
                name: name, type: type, topology: topology, from: Int(edges.from), to: Int(edges.to),
                reversed: edges.reversed != 0, values: values))
    }

    private func addressRule(_ edges: nino_edge_block_t, name: String) throws -> AddressRule {
        guard let parameter = text(edges.parameter), let index = parameters.index(of: parameter) else {
            throw Refusal("edges \"\(name)\": the model has no parameter \"\(text(edges.parameter) ?? "?")\"")
        }
        func levels(_ pointer: UnsafePointer<nino_index_level_t>?, _ count: Int64) throws -> [IndexLevel] {
            guard count != 0 else { return [] }
            guard let levels = pointer?.elements(count, limit: 64) else {
                throw Refusal("edges \"\(name)\": expected 0 to 64 index levels, found \(count)")
            }
            return levels.map { IndexLevel(extent: Int($0.extent), stride: Int($0.stride)) }
        }
        return AddressRule(
            parameter: index, offset: Int(edges.offset), from: try levels(edges.from_levels, edges.from_level_count),
            to: try levels(edges.to_levels, edges.to_level_count), slots: Int(edges.slots))
    }
}
