import NeuralGraphs

/// Lays parameters, node blocks and edge blocks one after the other.
public struct GraphBuilder {
    public var groups: [PermutationGroup] = []
    public private(set) var parameters: [(name: String, shape: [Int])] = []
    public var nodeBlocks: [NodeBlock] = []
    public var edgeBlocks: [EdgeBlock] = []

    public init() {}

    public mutating func nodes(_ name: String, _ count: Int, axis: Axis? = nil, isTokenTable: Bool = false) -> Int {
        let first = nodeBlocks.last.map { $0.first + $0.count } ?? 0
        nodeBlocks.append(NodeBlock(name: name, first: first, count: count, axis: axis, isTokenTable: isTokenTable))
        return nodeBlocks.count - 1
    }

    public mutating func parameter(_ name: String, _ shape: [Int]) -> Int {
        parameters.append((name: name, shape: shape))
        return parameters.count - 1
    }

    public mutating func constants(_ name: String, _ type: EdgeType, _ from: Int, _ to: Int) {
        edgeBlocks.append(EdgeBlock(name: name, type: type, topology: .fan, from: from, to: to, values: .constant(1)))
    }

    /// - Parameters:
    ///   - fromLevels, toLevels: (extent, stride), outermost first.
    public mutating func edges(
        _ parameter: Int, _ type: EdgeType, _ from: Int, _ to: Int, topology: Topology = .allPairs,
        reversed: Bool = false, offset: Int = 0,
        fromLevels: [(Int, Int)], toLevels: [(Int, Int)], slots: Int = 1
    ) {
        let levels = { (pairs: [(Int, Int)]) in pairs.map { IndexLevel(extent: $0.0, stride: $0.1) } }
        edgeBlocks.append(
            EdgeBlock(
                name: "\(parameters[parameter].name)#\(edgeBlocks.count)", type: type, topology: topology, from: from,
                to: to, reversed: reversed,
                values: .parameter(
                    AddressRule(
                        parameter: parameter, offset: offset, from: levels(fromLevels), to: levels(toLevels),
                        slots: slots))))
    }

    /// A new parameter of one scalar a node, from a node of its own.
    public mutating func vector(_ name: String, _ type: EdgeType, _ to: Int) {
        let count = nodeBlocks[to].count
        let parameter = parameter(name, [count])
        let from = nodes(name, 1)
        edges(parameter, type, from, to, fromLevels: [(1, 0)], toLevels: [(count, 1)])
    }

    /// A new [out, in] weight on all pairs.
    public mutating func linear(_ name: String, _ from: Int, _ to: Int) {
        let (inputs, outputs) = (nodeBlocks[from].count, nodeBlocks[to].count)
        edges(
            parameter(name, [outputs, inputs]), .linear, from, to, fromLevels: [(inputs, 1)],
            toLevels: [(outputs, inputs)])
    }

    public func graph() throws(NeuralGraphError) -> NeuralGraph {
        try NeuralGraph(
            groups: groups, parameters: ParameterList(checking: parameters), nodeBlocks: nodeBlocks,
            edgeBlocks: edgeBlocks)
    }
}

extension GraphBuilder {
    /// A small network of no known family, of random widths, with every kind of edge block there is: tables, fused
    /// tensors, grouped copies, reversed blocks, kernels split in several blocks, fans with and without parameters, a
    /// recurrent block, a convolution in groups, parallel blocks, a tensor used twice.
    public static func everyKind(seed: UInt64, convolution: Bool = true) -> GraphBuilder {
        var random = SeededGenerator(seed: seed)
        let (groups, queries, head) = (
            Int.random(in: 1...3, using: &random), Int.random(in: 1...3, using: &random),
            Int.random(in: 1...5, using: &random)
        )
        let (stream, hidden) = (Int.random(in: 2...40, using: &random), Int.random(in: 2...20, using: &random))
        let heads = groups * queries
        var builder = GraphBuilder()
        let words = builder.nodes("words", Int.random(in: 2...50, using: &random), isTokenTable: true)
        let images = builder.nodes("images", Int.random(in: 1...3, using: &random))
        let s = builder.nodes("stream", stream)
        builder.embed(words, s)
        if convolution { builder.splitKernel(images, s) } else { builder.linear("images", images, s) }
        builder.attention(s, groups: groups, queries: queries, head: head, builder.nodes("heads", heads))
        let a = builder.nodes("after", stream)
        builder.constants("residual", .residual, s, a)
        builder.edges(
            builder.parameter("diagonal", [stream]), .norm, s, a, topology: .fan, fromLevels: [],
            toLevels: [(stream, 1)])
        let m = builder.nodes("hidden", hidden)
        builder.linear("gate", a, m)
        builder.linear("up", a, m)
        builder.linear("recurrent", m, m)
        builder.tied(m, builder.nodes("out", Int.random(in: 1...30, using: &random)), builder.nodes("out2", 1))
        builder.grouped(
            a, groups: Int.random(in: 2...4, using: &random), inputs: Int.random(in: 2...3, using: &random),
            outputs: Int.random(in: 1...3, using: &random), kernel: convolution ? 9 : 1)
        return builder
    }

    private mutating func embed(_ words: Int, _ stream: Int) {
        let (rows, width) = (nodeBlocks[words].count, nodeBlocks[stream].count)
        edges(
            parameter("table", [rows, width]), .tokenTable, words, stream, fromLevels: [(rows, width)],
            toLevels: [(width, 1)])
        vector("norm", .norm, stream)
    }

    /// 5 × 5 kernels: 25 scalars on edges of 9, 9 and 7.
    private mutating func splitKernel(_ images: Int, _ stream: Int) {
        let (inputs, outputs) = (nodeBlocks[images].count, nodeBlocks[stream].count)
        let kernel = parameter("kernel", [outputs, inputs, 5, 5])
        for first in [0, 9, 18] {
            edges(
                kernel, .convolution, images, stream, offset: first, fromLevels: [(inputs, 25)],
                toLevels: [(outputs, inputs * 25)], slots: min(9, 25 - first))
        }
    }

    private mutating func attention(_ s: Int, groups: Int, queries: Int, head: Int, _ heads: Int) {
        let (stream, units) = (nodeBlocks[s].count, groups * queries * head)
        let (q, v) = (nodes("query", units), nodes("value", units))
        // Queries and a second, parallel tensor lie side by side in one [in, out] tensor.
        let fused = parameter("fused", [stream, 2 * units])
        edges(fused, .query, s, q, fromLevels: [(stream, 2 * units)], toLevels: [(units, 1)])
        constants("query heads", .head, heads, q)
        let kv = [(groups, head * stream), (queries, 0), (head, stream)]
        edges(
            parameter("key", [groups * head, stream]), .key, s, q, reversed: true, fromLevels: [(stream, 1)],
            toLevels: kv)
        edges(fused, .linear, s, v, offset: units, fromLevels: [(stream, 2 * units)], toLevels: [(units, 1)])
        edges(parameter("value", [groups * head, stream]), .value, s, v, fromLevels: [(stream, 1)], toLevels: kv)
        constants("value heads", .head, heads, v)
        let bias = nodes("value bias", 1)
        edges(
            parameter("value bias", [groups * head]), .bias, bias, v, fromLevels: [(1, 0)],
            toLevels: [(groups, head), (queries, 0), (head, 1)])
        let norm = nodes("query norm", 1)
        edges(
            parameter("query norm", [head]), .norm, norm, q, fromLevels: [(1, 0)],
            toLevels: [(groups * queries, 0), (head, 1)])
        linear("output", v, s)
    }

    /// A convolution in groups of several channels, on a branch of the stream.
    private mutating func grouped(_ stream: Int, groups: Int, inputs: Int, outputs: Int, kernel: Int) {
        let (read, written) = (nodes("read", groups * inputs), nodes("written", groups * outputs))
        linear("into groups", stream, read)
        edges(
            parameter("grouped", [groups * outputs, inputs, kernel]), kernel > 1 ? .convolution : .linear, read,
            written,
            topology: .groups(groups), fromLevels: [(inputs, kernel)],
            toLevels: [(groups * outputs, inputs * kernel)], slots: kernel)
        linear("out of groups", written, stream)
    }

    /// One tensor on two blocks.
    private mutating func tied(_ hidden: Int, _ out: Int, _ second: Int) {
        let (inputs, outputs) = (nodeBlocks[hidden].count, nodeBlocks[out].count)
        let weight = parameter("tied", [outputs, inputs])
        edges(weight, .linear, hidden, out, fromLevels: [(inputs, 1)], toLevels: [(outputs, inputs)])
        edges(weight, .linear, out, hidden, fromLevels: [(outputs, inputs)], toLevels: [(inputs, 1)])
        linear("last", out, second)
    }
}
