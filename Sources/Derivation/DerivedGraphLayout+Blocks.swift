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
        attentions.first { attention in !labels.isEmpty && labels.allSatisfy(attention.labels.contains) }
    }

    /// The labels of the nodes that a part of a parameter belongs to: its own, or those of attention around them.
    func key(_ labels: [Int]) -> [Int] { attention(with: labels)?.labels ?? labels }

    /// The nodes with these labels, if they are there.
    func nodes(_ labels: [Int]) -> Int? { blockOfLabels[key(labels)] }

    /// - Parameters:
    ///   - axis: how groups permute exactly these labels, if a parameter tells.
    mutating func nodes(_ labels: [Int], name: String, axis: Axis?, isTokenTable: Bool = false) -> Int {
        let key = key(labels)
        if let known = blockOfLabels[key] { return known }
        let attention = attention(with: labels)
        if let attention, headBlocks[attention.index] == nil {
            headBlocks[attention.index] = addNodes("attention \(attention.index) heads", self.axis(of: attention.heads))
        }
        let written = key == labels ? axis : nil
        let block = addNodes(attention?.name ?? name, written ?? self.axis(of: key), isTokenTable: isTokenTable)
        blockOfLabels[key] = block
        if attention == nil { connectFlattened(key, block) }
        return block
    }

    mutating func nodes(
        _ part: ParameterPart, of entry: ParameterList.Entry, _ side: String, isTokenTable: Bool = false
    ) -> Int {
        let axes = part.ranges.map { range in
            symmetries.axes[entry.name].flatMap { $0[range.axis].part(range.positions, in: symmetries.groups) }
        }
        let known = axes.compactMap { $0 }
        let count = part.digits.reduce(1) { $0 * $1.size }
        let axis = known.isEmpty || known.count < axes.count ? nil : Axis.product(known)
        return nodes(
            part.labels, name: "\(entry.name) \(side)", axis: part.ranges.isEmpty ? Axis(.fixed(count)) : axis,
            isTokenTable: isTokenTable)
    }

    /// The product of what is known of each label; positions of which nothing is known stay.
    private func axis(of labels: [Int]) -> Axis {
        Axis(segments: [
            labels.isEmpty ? [.fixed(1)] : labels.flatMap { factors[$0] ?? [.fixed(neurons.table.size($0))] }
        ])
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
    mutating func connectResiduals(into block: Int? = nil) {
        let table = neurons.table
        for (number, residual) in neurons.residuals.enumerated() where !connected.contains(number) {
            for (from, to) in zip(table.axes[residual.from], table.axes[residual.to]) where from != to {
                guard block == nil || nodes(to) == block else { continue }
                connected.insert(number)
                let target = nodes(to, name: "stream after residual \(number)", axis: nil)
                let source = nodes(from, name: "stream before residual \(number)", axis: nil)
                addFan("residual \(number)", .residual, from: source, to: target)
            }
        }
    }

    /// The heads of a block of attention.
    mutating func connectHeads(to block: Int) {
        guard headed.insert(block).inserted,
            let attention = attentions.first(where: { blockOfLabels[$0.labels] == block })
        else { return }
        addFan("\(attention.name) heads", .head, from: headBlocks[attention.index]!, to: block)
    }
}
