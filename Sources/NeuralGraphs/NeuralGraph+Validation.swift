/// The checks that `NeuralGraph.init` runs. They see blocks, never single edges.
extension NeuralGraph {
    /// Node numbers travel through the kernels as 32-bit integers.
    static let nodeLimit = Int(Int32.max)

    func checkGroups() throws(NeuralGraphError) {
        var names: Set<String> = []
        for (index, group) in groups.enumerated() {
            guard names.insert(group.name).inserted else { throw .duplicateGroup(name: group.name) }
            guard group.size > 0 else { throw .groupSize(name: group.name, found: group.size) }
            for dependency in group.dependsOn where !(0..<index).contains(dependency) {
                throw .groupDependency(name: group.name, expectedBelow: index, found: dependency)
            }
        }
    }

    func checkNodeBlocks() throws(NeuralGraphError) {
        guard !nodeBlocks.isEmpty else { throw .noNodes }
        var next = 0
        for block in nodeBlocks {
            guard block.count > 0 else { throw .nodeBlockSize(block: block.name, found: block.count) }
            guard block.first == next else {
                throw .nodeBlockStart(block: block.name, expected: next, found: block.first)
            }
            guard let end = checkedSum(next, block.count), end <= Self.nodeLimit else {
                throw .tooManyNodes(block: block.name, limit: Self.nodeLimit)
            }
            next = end
            if let axis = block.axis { try check(axis, of: block) }
        }
    }

    private func check(_ axis: Axis, of block: NodeBlock) throws(NeuralGraphError) {
        var total = 0
        for factors in axis.segments {
            var product = 1
            for factor in factors {
                let size: Int
                switch factor {
                case .fixed(let count): size = count
                case .group(let index):
                    guard groups.indices.contains(index) else {
                        throw .axisGroup(block: block.name, expectedBelow: groups.count, found: index)
                    }
                    size = groups[index].size
                }
                guard size > 0, let larger = checkedProduct(product, size) else {
                    throw .axisSize(block: block.name, expected: block.count, found: size)
                }
                product = larger
            }
            guard let sum = checkedSum(total, product) else {
                throw .axisSize(block: block.name, expected: block.count, found: product)
            }
            total = sum
        }
        guard total == block.count else { throw .axisSize(block: block.name, expected: block.count, found: total) }
        guard axis.placements != nil else { return }
        let placed = axis.placed(in: groups)
        let reached = Set(placed.flatMap(\.positions))
        guard reached == Set(0..<block.count) else {
            throw .axisSize(block: block.name, expected: block.count, found: reached.count)
        }
    }

    func checkEdgeBlocks() throws(NeuralGraphError) {
        var edges = nodeCount
        for block in edgeBlocks {
            for index in [block.from, block.to] where !nodeBlocks.indices.contains(index) {
                throw .nodeBlockIndex(block: block.name, expectedBelow: nodeBlocks.count, found: index)
            }
            try checkTopology(of: block)
            switch block.values {
            case .constant(let value): try checkConstant(value, of: block)
            case .parameter(let rule):
                guard !block.type.isAuxiliary else {
                    throw .parameterOnAuxiliaryType(block: block.name, type: block.type)
                }
                try check(rule, of: block)
            }
            // Node counts are below 2^31, so the count of one block fits; the sum may not.
            guard let sum = checkedSum(edges, edgeCount(of: block)) else { throw .tooManyEdges(block: block.name) }
            edges = sum
        }
    }

    private func checkTopology(of block: EdgeBlock) throws(NeuralGraphError) {
        guard block.type != .selfLoop else { throw .listedSelfLoops(block: block.name) }
        let (from, to) = (nodeBlocks[block.from].count, nodeBlocks[block.to].count)
        switch block.topology {
        case .allPairs: return
        case .fan:
            guard to.isMultiple(of: from) else { throw .fanWidth(block: block.name, from: from, to: to) }
        case .groups(let count):
            guard count > 0, from.isMultiple(of: count), to.isMultiple(of: count) else {
                throw .groupCount(block: block.name, from: from, to: to, found: count)
            }
        }
        guard block.from != block.to else { throw .fanOntoItself(block: block.name) }
        guard !block.reversed else { throw .reversedFan(block: block.name) }
    }

    private func checkConstant(_ value: Float, of block: EdgeBlock) throws(NeuralGraphError) {
        guard block.type.isAuxiliary else { throw .constantOnParameterType(block: block.name, type: block.type) }
        guard value == Self.auxiliaryValue else {
            throw .constantValue(block: block.name, expected: Self.auxiliaryValue, found: value)
        }
    }

    private func check(_ rule: AddressRule, of block: EdgeBlock) throws(NeuralGraphError) {
        guard parameters.entries.indices.contains(rule.parameter) else {
            throw .parameterIndex(block: block.name, expectedBelow: parameters.entries.count, found: rule.parameter)
        }
        let parameter = parameters.entries[rule.parameter]
        guard rule.slots > 0 else { throw .slotCount(block: block.name, found: rule.slots) }
        for level in rule.from + rule.to {
            guard level.extent > 0 else { throw .levelExtent(block: block.name, found: level.extent) }
            guard level.stride >= 0 else { throw .levelStride(block: block.name, found: level.stride) }
        }
        try checkProduct(
            of: rule.from, expected: partners(of: block), side: "from", of: block)
        try checkProduct(of: rule.to, expected: nodeBlocks[block.to].count, side: "to", of: block)
        guard rule.offset >= 0 else {
            throw .addressOutside(
                block: block.name, parameter: parameter.name, expectedBelow: parameter.count, found: rule.offset)
        }
        guard let last = rule.lastAddress, last < parameter.count else {
            throw .addressOutside(
                block: block.name, parameter: parameter.name, expectedBelow: parameter.count,
                found: rule.lastAddress ?? Int.max)
        }
    }

    private func checkProduct(of levels: [IndexLevel], expected: Int, side: String, of block: EdgeBlock)
        throws(NeuralGraphError)
    {
        let product = checkedProduct(levels.map(\.extent))
        guard product == expected else {
            throw .levelProduct(block: block.name, side: side, expected: expected, found: product ?? Int.max)
        }
    }

    /// Every topology touches every node of both blocks, so a node is isolated exactly when its block is.
    func checkEveryNodeIsJoined() throws(NeuralGraphError) {
        var joined = Set<Int>()
        for block in edgeBlocks where block.from != block.to || nodeBlocks[block.from].count > 1 {
            joined.insert(block.from)
            joined.insert(block.to)
        }
        for (index, block) in nodeBlocks.enumerated() where !joined.contains(index) {
            throw .isolatedNodes(block: block.name)
        }
    }

    func checkEveryScalarIsOnAnEdge() throws(NeuralGraphError) {
        var rules = [[AddressRule]](repeating: [], count: parameters.entries.count)
        for block in edgeBlocks {
            if case .parameter(let rule) = block.values { rules[rule.parameter].append(rule) }
        }
        for (parameter, rules) in zip(parameters.entries, rules) {
            switch AddressCoverage.of(rules, count: parameter.count) {
            case .complete: continue
            case .gap(let scalar): throw .scalarOnNoEdge(parameter: parameter.name, scalar: scalar)
            case .unproven: throw .coverageUnproven(parameter: parameter.name)
            }
        }
    }
}

extension EdgeType {
    /// True for edges that stand for no weight: residual, head and self loop.
    public var isAuxiliary: Bool { self == .residual || self == .head || self == .selfLoop }
}
