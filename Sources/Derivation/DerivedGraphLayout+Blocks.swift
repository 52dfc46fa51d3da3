import NeuralGraphs

/// Node blocks, made when they are first needed.
extension DerivedGraphLayout {
    mutating func addNodes(_ name: String, _ axis: Axis, isTokenTable: Bool = false) -> Int {
        let first = nodeBlocks.last.map { $0.first + $0.count } ?? 0
        nodeBlocks.append(
            NodeBlock(
                name: name, first: first, count: axis.size(in: symmetries.groups), axis: axis,
                isTokenTable: isTokenTable))
        return nodeBlocks.count - 1
    }

    private func attention(with labels: [Int]) -> AttentionBlock? {
        guard let first = labels.first, let numbers = attentionsOfLabel[first] else { return nil }
        return numbers.lazy.map { attentions[$0] }.first { labels.allSatisfy($0.labels.contains) }
    }

    /// The labels of the nodes that a part of a parameter belongs to: its own, or those of attention around them.
    func key(_ labels: [Int]) -> [Int] {
        guard let attention = attention(with: labels) else { return labels }
        return isHeads(labels, of: attention) ? labels : attention.labels
    }

    /// True for what is one number a head.
    private func isHeads(_ labels: [Int], of attention: AttentionBlock) -> Bool {
        !attention.heads.isEmpty && attention.heads != attention.labels && Set(labels) == Set(attention.heads)
    }

    /// The nodes with these labels, if they are there.
    func nodes(_ labels: [Int]) -> Int? { blockOfLabels[key(labels)] }

    /// - Parameter count: of nodes that no label stands for.
    mutating func nodes(_ labels: [Int], name: String, count: Int? = nil, isTokenTable: Bool = false) -> Int {
        let key = key(labels)
        if let known = blockOfLabels[key] { return known }
        let attention = attention(with: labels)
        if let attention {
            let heads = headNodes(of: attention)
            if isHeads(labels, of: attention) {
                (blockOfLabels[key], labelsOfBlock[heads]) = (heads, key)
                return heads
            }
        }
        let axis = count.map { Axis(.fixed($0)) } ?? labelAxes.axis(of: key)
        let block = addNodes(attention?.name ?? name, axis, isTokenTable: isTokenTable)
        (blockOfLabels[key], labelsOfBlock[block]) = (block, key)
        if attention == nil, count == nil { connectFlattened(key, block) }
        return block
    }

    private mutating func headNodes(of attention: AttentionBlock) -> Int {
        if let known = headBlocks[[attention.index] + attention.heads] { return known }
        let block = addNodes("attention \(attention.index) heads", labelAxes.axis(of: attention.heads))
        headBlocks[[attention.index] + attention.heads] = block
        return block
    }

    mutating func nodes(
        _ part: ParameterPart, of entry: ParameterList.Entry, _ side: String, isTokenTable: Bool = false
    ) -> Int {
        let count = part.digits.reduce(1) { $0 * $1.size }
        return nodes(
            part.labels, name: "\(entry.name) \(side)", count: part.places.isEmpty ? count : nil,
            isTokenTable: isTokenTable)
    }

    // MARK: Connections without parameters

    mutating func addFan(_ name: String, _ type: EdgeType, from: Int, to: Int) {
        edgeBlocks.append(
            EdgeBlock(
                name: name, type: type, topology: .fan, from: from, to: to,
                values: .constant(NeuralGraph.auxiliaryValue)))
    }

    /// Units of a flatten: each joined to its channel, which is what its labels begin with.
    private mutating func connectFlattened(_ labels: [Int], _ block: Int) {
        for length in labels.indices.dropFirst().reversed() {
            guard let channels = blockOfLabels[Array(labels[..<length])] else { continue }
            return addFan("\(nodeBlocks[block].name) flattened", .residual, from: channels, to: block)
        }
    }

    /// Residual connections that end in a block.
    mutating func connectResiduals(into block: Int) {
        guard let labels = labelsOfBlock[block] else { return }
        for residual in residuals[labels] ?? [] { connect(residual) }
    }

    /// Those that no parameter has ended.
    mutating func connectResiduals() {
        for residual in residuals.values.joined().sorted(by: { $0.number < $1.number }) { connect(residual) }
    }

    private mutating func connect(_ residual: Residual) {
        guard connected.insert(residual.number).inserted else { return }
        let target = nodes(residual.to, name: "stream after residual \(residual.number)")
        let source = nodes(residual.from, name: "stream before residual \(residual.number)")
        if source != target { addFan("residual \(residual.number)", .residual, from: source, to: target) }
    }

    /// The heads of a block of attention.
    mutating func connectHeads(to block: Int) {
        guard let labels = labelsOfBlock[block], let attention = attention(with: labels),
            attention.labels == labels, headed.insert(block).inserted
        else { return }
        addFan(
            "\(attention.name) heads", .head, from: headBlocks[[attention.index] + attention.heads]!, to: block)
    }
}
