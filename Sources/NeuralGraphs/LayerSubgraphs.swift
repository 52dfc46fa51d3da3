/// A part of a graph, as a graph of its own.
public struct LayerSubgraph: Sendable {
    public let graph: NeuralGraph
    /// Its parameters, as indices in the whole graph's list.
    public let parameters: [Int]
}

extension NeuralGraph {
    /// The graph cut between repeated layers, as the release's `subgraph` option takes it. Source: neural-graphs.md 9.
    ///
    /// Nobody says what a layer is; the names of parameters do: a number that counts 0, 1, 2 … at the same place of the
    /// names and is followed by the same rest each time (`h.0.ln_1.weight`, `h.1.ln_1.weight`). A part takes a layer's
    /// parameters and, as they follow each other in the list, those without a layer before it (the first part) or after
    /// it (the last). Edges that carry constants belong to the layer of the parameter before them. A node block that
    /// two parts touch, the stream between two layers, is one block in each.
    ///
    /// - Throws: `noLayers` if the names show none, or if some have no residual (chains have no block mode);
    ///   `parameterInTwoLayers`.
    public func layerSubgraphs() throws(NeuralGraphError) -> [LayerSubgraph] {
        let layers = try layerOfParameters()
        var lists: [[EdgeBlock]] = []
        var owner = [Int?](repeating: nil, count: parameters.entries.count)
        for block in edgeBlocks {
            if case .parameter(let rule) = block.values {
                let part = max(lists.count - 1, layers[rule.parameter] ?? 0)
                while lists.count <= part { lists.append([]) }
                guard owner[rule.parameter] ?? part == part else {
                    throw .parameterInTwoLayers(name: parameters.entries[rule.parameter].name)
                }
                owner[rule.parameter] = part
            }
            if lists.isEmpty { lists.append([]) }
            lists[lists.count - 1].append(block)
        }
        for list in lists where !list.contains(where: isResidual) { throw .noLayers }
        var parts: [LayerSubgraph] = []
        for (part, list) in lists.enumerated() {
            parts.append(try subgraph(list, of: owner.indices.filter { owner[$0] == part }))
        }
        return parts
    }

    private func isResidual(_ block: EdgeBlock) -> Bool {
        block.type == .residual && nodeBlocks[block.from].count == nodeBlocks[block.to].count
    }

    /// The number of the layer that each parameter is in, by its name; nil outside layers.
    private func layerOfParameters() throws(NeuralGraphError) -> [Int?] {
        struct Series {
            var rests: [Int: Set<String>] = [:]
            var layers: [Int: Int] = [:]
        }
        var series: [String: Series] = [:]
        for (index, entry) in parameters.entries.enumerated() {
            for number in Self.numbers(in: entry.name) {
                series[number.before, default: Series()].rests[number.value, default: []].insert(number.after)
                series[number.before]!.layers[index] = number.value
            }
        }
        let counting = series.filter { _, series in
            series.rests.keys.max() == series.rests.count - 1 && Set(series.rests.values).count == 1
        }
        guard let best = counting.max(by: { ($0.value.layers.count, $1.key) < ($1.value.layers.count, $0.key) }) else {
            throw .noLayers
        }
        return parameters.entries.indices.map { best.value.layers[$0] }
    }

    /// Every run of digits in a name, with what stands before and after.
    private static func numbers(in name: String) -> [(before: String, value: Int, after: String)] {
        var found: [(before: String, value: Int, after: String)] = []
        var rest = name[...]
        while let start = rest.firstIndex(where: { $0.isASCII && $0.isNumber }) {
            let end = rest[start...].firstIndex { !($0.isASCII && $0.isNumber) } ?? rest.endIndex
            if let value = Int(rest[start..<end]) {
                found.append((String(name[..<start]), value, String(rest[end...])))
            }
            rest = rest[end...]
        }
        return found
    }

    private func subgraph(_ blocks: [EdgeBlock], of indices: [Int]) throws(NeuralGraphError) -> LayerSubgraph {
        let used = Set(blocks.flatMap { [$0.from, $0.to] }).sorted()
        let place = Dictionary(uniqueKeysWithValues: used.enumerated().map { ($1, $0) })
        let parameterPlace = Dictionary(uniqueKeysWithValues: indices.enumerated().map { ($1, $0) })
        var (nodes, first) = ([NodeBlock](), 0)
        for block in used.map({ nodeBlocks[$0] }) {
            nodes.append(
                NodeBlock(
                    name: block.name, first: first, count: block.count, axis: block.axis,
                    isTokenTable: block.isTokenTable))
            first += block.count
        }
        let edges = blocks.map { block in
            var values = block.values
            if case .parameter(let rule) = values {
                values = .parameter(
                    AddressRule(
                        parameter: parameterPlace[rule.parameter]!, offset: rule.offset, from: rule.from, to: rule.to,
                        slots: rule.slots))
            }
            return EdgeBlock(
                name: block.name, type: block.type, topology: block.topology, from: place[block.from]!,
                to: place[block.to]!, reversed: block.reversed,
                values: values)
        }
        let list = try ParameterList(
            checking: indices.map { (parameters.entries[$0].name, parameters.entries[$0].shape) })
        return LayerSubgraph(
            graph: try NeuralGraph(groups: groups, parameters: list, nodeBlocks: nodes, edgeBlocks: edges),
            parameters: indices)
    }
}
