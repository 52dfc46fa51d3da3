import NeuralGraphs

/// The edge type of every scalar of every parameter; of scalars on several edges, the first one's.
public struct ScalarTypes: Sendable, Equatable {
    enum Types: Sendable, Equatable {
        case uniform(UInt8)
        case each([UInt8])
    }

    /// In the order of the parameter list.
    let tensors: [Types]

    private static let unset = UInt8.max

    public init(_ graph: NeuralGraph) {
        var rules = [[(type: UInt8, rule: AddressRule)]](repeating: [], count: graph.parameters.entries.count)
        for block in graph.edgeBlocks {
            if case .parameter(let rule) = block.values {
                rules[rule.parameter].append((UInt8(block.type.rawValue), rule))
            }
        }
        tensors = zip(graph.parameters.entries, rules).map { entry, rules in
            // A graph has every scalar on an edge, so there is at least one rule.
            rules.allSatisfy { $0.type == rules[0].type }
                ? .uniform(rules[0].type) : .each(Self.types(of: rules, count: entry.count))
        }
    }

    private static func types(of rules: [(type: UInt8, rule: AddressRule)], count: Int) -> [UInt8] {
        var types = [UInt8](repeating: unset, count: count)
        for (type, rule) in rules {
            let distinct = { (levels: [IndexLevel]) in AddressRule.addresses(of: levels.filter { $0.stride > 0 }) }
            let to = distinct(rule.to)
            for from in distinct(rule.from) {
                for address in to {
                    for index in (rule.offset + from + address)..<(rule.offset + from + address + rule.slots)
                    where types[index] == unset {
                        types[index] = type
                    }
                }
            }
        }
        return types
    }

    /// - Throws: `scalarOnNoEdge`.
    public init(_ edges: EdgeList, parameters: ParameterList) throws(NowcastError) {
        var flat = [UInt8](repeating: Self.unset, count: parameters.count)
        for edge in 0..<edges.count where edges.parameterScalars[edge] >= 0 {
            let first = edges.parameterScalars[edge]
            for index in first..<(first + edges.slots[edge]) where flat[index] == Self.unset {
                flat[index] = UInt8(edges.types[edge])
            }
        }
        for entry in parameters.entries {
            if let gap = flat[entry.range].firstIndex(of: Self.unset) {
                throw .scalarOnNoEdge(parameter: entry.name, scalar: gap - entry.offset)
            }
        }
        tensors = parameters.entries.map { .each(Array(flat[$0.range])) }
    }

    /// The largest type there is.
    var largest: Int {
        tensors.reduce(0) { largest, types in
            switch types {
            case .uniform(let type): max(largest, Int(type))
            case .each(let types): max(largest, Int(types.max() ?? 0))
            }
        }
    }

    func type(of scalar: Int, in parameter: Int) -> Int {
        switch tensors[parameter] {
        case .uniform(let type): Int(type)
        case .each(let types): Int(types[scalar])
        }
    }
}
