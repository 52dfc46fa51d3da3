import NeuralGraphs

/// How one neural graph differs from another of the same parameters, however their nodes are numbered and named, and
/// in whatever order the parameters stand.
///
/// Edge blocks of a tensor are the same if type, direction and address rule agree and the nodes they join correspond.
/// The correspondence of node blocks is read off the blocks that agree in everything else.
public struct GraphDifference: Sendable {
    public struct Tensor: Sendable, Equatable {
        public let name: String
        /// What is different, one sentence.
        public let difference: String
    }

    /// Tensors in all.
    public let tensorCount: Int
    public let tensors: [Tensor]
    /// Connections without parameters that both have, that only the first has, that only the second has.
    public let connections: (both: Int, firstOnly: [String], secondOnly: [String])
    /// Node and edge blocks agree in number and order too.
    public let isIdentical: Bool

    public init(_ first: NeuralGraph, _ second: NeuralGraph) {
        var correspondence = Correspondence()
        var tensors: [Tensor] = []
        let (blocks, others) = (first.blocksByParameter, second.blocksByParameter)
        for entry in first.parameters.entries {
            if let text = correspondence.difference(
                blocks[entry.name] ?? [], others[entry.name] ?? [], first, second)
            {
                tensors.append(Tensor(name: entry.name, difference: text))
            }
        }
        tensorCount = first.parameters.entries.count
        self.tensors = tensors
        connections = correspondence.connections(first, second)
        isIdentical = first.shape == second.shape
    }

    /// One line for each difference, the first one for all that is the same.
    public var lines: [String] {
        if isIdentical { return ["identical: nodes and edges in the same order"] }
        let count = connections.both + connections.firstOnly.count
        var lines = [
            "same edges for \(tensorCount - tensors.count) of \(tensorCount) tensors, and for \(connections.both) of "
                + "\(count) connections without parameters"
        ]
        lines += tensors.map { "\($0.name): \($0.difference)" }
        lines += connections.firstOnly.map { "only one has the connection \($0)" }
        lines += connections.secondOnly.map { "only the other has the connection \($0)" }
        return lines
    }
}

/// Which node block of one graph is which of the other.
private struct Correspondence {
    private var there: [Int: Int] = [:]
    private var back: [Int: Int] = [:]

    private struct Signature: Hashable, Comparable {
        let type: Int
        let isReversed: Bool
        let offset, slots: Int
        let from, to: [[Int]]

        static func < (a: Self, b: Self) -> Bool {
            (a.offset, a.type, a.slots) != (b.offset, b.type, b.slots)
                ? (a.offset, a.type, a.slots) < (b.offset, b.type, b.slots) : "\(a.from)\(a.to)" < "\(b.from)\(b.to)"
        }

        init(_ block: EdgeBlock, _ rule: AddressRule) {
            (type, isReversed, offset, slots) = (block.type.rawValue, block.reversed, rule.offset, rule.slots)
            (from, to) = (
                AddressRule.joined(rule.from).map { [$0.extent, $0.stride] },
                AddressRule.joined(rule.to).map { [$0.extent, $0.stride] }
            )
        }
    }

    mutating func difference(
        _ first: [(EdgeBlock, AddressRule)], _ second: [(EdgeBlock, AddressRule)], _ a: NeuralGraph, _ b: NeuralGraph
    ) -> String? {
        let ours = first.map { ($0.0, Signature($0.0, $0.1)) }.sorted { $0.1 < $1.1 }
        let theirs = second.map { ($0.0, Signature($0.0, $0.1)) }.sorted { $0.1 < $1.1 }
        guard ours.count == theirs.count else { return "\(ours.count) edge blocks, the other \(theirs.count)" }
        for ((block, signature), (other, otherSignature)) in zip(ours, theirs) {
            if block.type != other.type { return "edges of type \(block.type), the other's are \(other.type)" }
            if signature.isReversed != otherSignature.isReversed { return "edges run the other way round" }
            guard signature == otherSignature else { return "other scalars on its edges" }
            for (node, otherNode) in [(block.from, other.from), (block.to, other.to)] where !match(node, otherNode) {
                return "joins \(a.nodeBlocks[node].name), the other \(b.nodeBlocks[otherNode].name)"
            }
        }
        return nil
    }

    private mutating func match(_ first: Int, _ second: Int) -> Bool {
        if there[first] == nil, back[second] == nil { (there[first], back[second]) = (second, first) }
        return there[first] == second && back[second] == first
    }

    mutating func connections(_ first: NeuralGraph, _ second: NeuralGraph) -> (
        both: Int, firstOnly: [String], secondOnly: [String]
    ) {
        var rest = second.edgeBlocks.filter { $0.type.isAuxiliary }
        var (both, firstOnly) = (0, [String]())
        for block in first.edgeBlocks where block.type.isAuxiliary {
            let place = rest.firstIndex { other in
                guard other.type == block.type, first.edgeCount(of: block) == second.edgeCount(of: other) else {
                    return false
                }
                return (there[block.from] ?? other.from) == other.from && (there[block.to] ?? other.to) == other.to
                    && (back[other.from] ?? block.from) == block.from && (back[other.to] ?? block.to) == block.to
            }
            guard let place else {
                firstOnly.append(first.ends(of: block))
                continue
            }
            _ = (match(block.from, rest[place].from), match(block.to, rest[place].to))
            rest.remove(at: place)
            both += 1
        }
        return (both, firstOnly, rest.map(second.ends))
    }
}

extension NeuralGraph {
    fileprivate var blocksByParameter: [String: [(EdgeBlock, AddressRule)]] {
        edgeBlocks.reduce(into: [:]) { result, block in
            guard case .parameter(let rule) = block.values else { return }
            result[parameters.entries[rule.parameter].name, default: []].append((block, rule))
        }
    }

    fileprivate func ends(of block: EdgeBlock) -> String {
        "\(nodeBlocks[block.from].name) → \(nodeBlocks[block.to].name) (\(block.type))"
    }

    /// Everything but names, axes and groups.
    fileprivate var shape: [[Int]] {
        nodeBlocks.map { [$0.first, $0.count, $0.isTokenTable ? 1 : 0] }
            + edgeBlocks.map { block in
                let ends = [
                    block.type.rawValue, partners(of: block), block.from, block.to, block.reversed ? 1 : 0,
                ]
                guard case .parameter(let rule) = block.values else { return ends }
                let levels = [rule.from, rule.to].flatMap {
                    AddressRule.joined($0).flatMap { [$0.extent, $0.stride] } + [-1]
                }
                return ends + [rule.parameter, rule.offset, rule.slots] + levels
            }
    }
}
