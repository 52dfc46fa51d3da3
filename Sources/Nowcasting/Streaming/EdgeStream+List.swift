import NeuralGraphs

/// What edges of one stream have in common.
private struct EdgeKind: Hashable {
    let type: Int
    /// nil for a constant.
    let parameter: Int?
    let slots: Int
}

extension EdgeStream {
    /// An edge list as streams, edges of a target in the order of the list.
    ///
    /// - Returns: also blocks of consecutive nodes such that the targets of each stream are one of them.
    /// - Throws: `edgeAcrossParameters`.
    static func streams(of edges: EdgeList, parameters: ParameterList) throws(NowcastError) -> (
        blocks: [Range<Int>], streams: [EdgeStream]
    ) {
        let (kinds, kindOfEdge) = try kinds(of: edges, parameters)
        let order = (0..<edges.count).sorted {
            (edges.targets[$0], kindOfEdge[$0], $0) < (edges.targets[$1], kindOfEdge[$1], $1)
        }
        var starts = [Int](repeating: 0, count: edges.nodeCount + 1)
        for target in edges.targets { starts[target + 1] += 1 }
        for node in 0..<edges.nodeCount { starts[node + 1] += starts[node] }
        // Nodes that hear equally many edges of each kind are alike.
        func signature(_ node: Int) -> [Int] { order[starts[node]..<starts[node + 1]].map { kindOfEdge[$0] } }
        var (blocks, streams): ([Range<Int>], [EdgeStream]) = ([], [])
        var first = 0
        while first < edges.nodeCount {
            let own = signature(first)
            let end = ((first + 1)..<edges.nodeCount).first { signature($0) != own } ?? edges.nodeCount
            var place = 0
            while place < own.count {
                let kind = own[place]
                let count = own[place...].prefix { $0 == kind }.count
                let members = (first..<end).flatMap { node in
                    order[(starts[node] + place)..<(starts[node] + place + count)]
                }
                streams.append(
                    EdgeStream(
                        members, kinds[kind], fanIn: count, targets: first..<end, block: blocks.count, edges, parameters
                    ))
                place += count
            }
            blocks.append(first..<end)
            first = end
        }
        return (blocks, streams)
    }

    /// Kinds in the order of their first edges, and the kind of every edge.
    private static func kinds(of edges: EdgeList, _ parameters: ParameterList) throws(NowcastError) -> (
        [EdgeKind], [Int]
    ) {
        var (kinds, numbers): ([EdgeKind], [EdgeKind: Int]) = ([], [:])
        var kindOfEdge: [Int] = []
        kindOfEdge.reserveCapacity(edges.count)
        for edge in 0..<edges.count {
            let (scalar, slots) = (edges.parameterScalars[edge], edges.slots[edge])
            let parameter =
                scalar < 0 ? nil : parameters.entry(containing: scalar).flatMap { parameters.index(of: $0.name) }
            if let parameter, scalar + slots > parameters.entries[parameter].range.upperBound {
                throw .edgeAcrossParameters(edge: edge, parameter: parameters.entries[parameter].name)
            }
            let kind = EdgeKind(type: edges.types[edge], parameter: parameter, slots: parameter == nil ? 1 : slots)
            let number = numbers[kind] ?? kinds.count
            if number == kinds.count {
                kinds.append(kind)
                numbers[kind] = number
            }
            kindOfEdge.append(number)
        }
        return (kinds, kindOfEdge)
    }

    private init(
        _ members: [Int], _ kind: EdgeKind, fanIn: Int, targets: Range<Int>, block: Int, _ edges: EdgeList,
        _ parameters: ParameterList
    ) {
        (type, self.fanIn, self.targets, targetBlock) = (kind.type, fanIn, targets, block)
        (sources, self.block, isReversed) = (0..<edges.nodeCount, 0, false)
        joining = .listed(
            Listing(sources: members.map { Int32(edges.sources[$0]) }, numbers: members.map(Int32.init)))
        if let parameter = kind.parameter {
            let offset = parameters.entries[parameter].offset
            values = .parameter(
                EdgeScalars(
                    parameter: parameter, slots: kind.slots, listed: members.map { edges.parameterScalars[$0] - offset }
                ))
        } else {
            values = .constant(edges.constant(of: members[0]))
        }
    }
}
