import NeuralGraphs

/// Lays down node blocks and edge blocks: parameters in order, each with the nodes it is the first to need.
struct DerivedGraphLayout {
    let neurons: NeuronPropagation
    let parameters: ParameterList
    let symmetries: Symmetries
    let attentions: [AttentionBlock]
    /// Numbers of the blocks of attention by each of their labels.
    let attentionsOfLabel: [Int: [Int]]
    /// How groups move each label.
    let labelAxes: LabelAxes
    /// Residual connections by the labels of the stream behind them.
    private(set) var residuals: [[Int]: [Residual]] = [:]

    var nodeBlocks: [NodeBlock] = []
    var edgeBlocks: [EdgeBlock] = []
    /// Node blocks by the labels of their nodes.
    var blockOfLabels: [[Int]: Int] = [:]
    /// The labels of each node block that has any.
    var labelsOfBlock: [Int: [Int]] = [:]
    /// Node blocks of heads by the number of the attention and the labels of the heads.
    var headBlocks: [[Int]: Int] = [:]
    /// Node blocks of vectors, one for each of its parts, by the number of the parameter.
    var sources: [Int: [Int]] = [:]
    /// Numbers of the residual connections that are laid down.
    var connected: Set<Int> = []
    /// Node blocks that are joined to their heads.
    var headed: Set<Int> = []

    /// The units of queries and keys, or of values.
    struct AttentionBlock {
        /// Number of the attention.
        let index: Int
        let labels: [Int]
        let heads: [Int]
        let name: String
    }

    /// A connection from the stream before a branch to the stream behind it.
    struct Residual {
        let number: Int
        let from, to: [Int]
    }

    init(_ neurons: NeuronPropagation, _ parameters: ParameterList, _ symmetries: Symmetries) {
        (self.neurons, self.parameters, self.symmetries) = (neurons, parameters, symmetries)
        let attentions = neurons.attentions.enumerated().flatMap { index, attention in
            [(attention.queries, "queries and keys"), (attention.values, "values")].flatMap { axes, name in
                axes.map { Self.blocks(of: index, $0, name, neurons) } ?? []
            }
        }
        self.attentions = attentions
        attentionsOfLabel = attentions.enumerated().reduce(into: [:]) { found, block in
            for label in Set(block.element.labels) { found[label, default: []].append(block.offset) }
        }
        labelAxes = LabelAxes(neurons, parameters, symmetries)
        residuals = Dictionary(grouping: Self.residuals(neurons)) { key($0.to) }
    }

    /// One for each part of the heads and each part of a head's units.
    private static func blocks(
        of index: Int, _ axes: (heads: Int, units: Int), _ name: String, _ neurons: NeuronPropagation
    ) -> [AttentionBlock] {
        let table = neurons.table
        return table.axes[axes.heads].flatMap { heads in
            // A batch stands among the heads where attention is written as products.
            let heads = heads.labels.filter { table.size($0) > 1 && !neurons.tensors(with: [$0]).isEmpty }
            let parts = table.axes[axes.units]
            return parts.enumerated().map { number, units in
                AttentionBlock(
                    index: index, labels: heads + units.labels.filter { table.size($0) > 1 || heads.isEmpty },
                    heads: heads,
                    name: "attention \(index) \(name)\(parts.count > 1 ? " part \(number)" : "")")
            }
        }
    }

    /// Of streams that parameters read or write; positions of a text or picture have none.
    private static func residuals(_ neurons: NeuronPropagation) -> [Residual] {
        let table = neurons.table
        var found: [Residual] = []
        for residual in neurons.residuals {
            for (from, to) in zip(table.axes[residual.from], table.axes[residual.to])
            where from.labels != to.labels
                && [from, to].allSatisfy({ $0.labels.allSatisfy { !neurons.tensors(with: [$0]).isEmpty } })
            {
                found.append(Residual(number: found.count, from: from.labels, to: to.labels))
            }
        }
        return found
    }

    // MARK: Parameters

    /// A parameter by its sides: parts of neurons read and written, and how many consecutive scalars an edge carries.
    struct Sides {
        let from: [ParameterPart]
        let to: [ParameterPart]
        let kernel: Int
        /// Axes that run along no neurons: rows of a table of their own.
        let rows: [Int]
    }

    func sides(of entry: ParameterList.Entry) -> Sides {
        guard let use = neurons.uses[entry.name], let numbers = neurons.tensors[entry.name] else {
            let last = entry.shape.count - 1
            return Sides(from: [], to: ownPart(entry), kernel: 1, rows: Array(0..<max(0, last)))
        }
        let axes = use.sides.indices
        var (from, to) = (axes.filter { use.sides[$0] == .from }, axes.filter { use.sides[$0] == .to })
        var rows: [Int] = []
        if to.count > 1, !Self.layers.contains(use.operation) {
            // Added, multiplied or appended as it is: rows are the axes that no other parameter has.
            let features = to.filter { isShared(numbers[$0], beside: entry.name) }
            let kept = features.isEmpty ? [to[to.count - 1]] : features
            rows = to.filter { !kept.contains($0) }
            to = kept
            rows = (rows + from).sorted()
            from = []
        }
        func parts(_ axes: [Int]) -> [ParameterPart] {
            ParameterPart.all(of: axes, shape: entry.shape, numbers: numbers, neurons.table)
        }
        let kernel = axes.filter { use.sides[$0] == .window }.reduce(1) { $0 * entry.shape[$1] }
        return Sides(
            from: from.isEmpty ? [] : parts(from), to: to.isEmpty ? ownPart(entry) : parts(to), kernel: kernel,
            rows: rows)
    }

    private static let layers = ValueRoots.layers

    /// The last axis of a parameter that nothing reads, or of a number: nodes of its own, with labels below 0.
    private func ownPart(_ entry: ParameterList.Entry) -> [ParameterPart] {
        let size = entry.shape.last ?? 1
        let label = -1 - parameters.index(of: entry.name)!
        return [ParameterPart(digits: [.init(label: label, size: size, stride: 1)], offset: 0, places: [])]
    }

    private func isShared(_ axis: Int, beside name: String) -> Bool {
        neurons.tensors(with: neurons.table.labels(ofAxis: axis)).contains {
            $0.name != name && neurons.uses[$0.name] != nil
        }
    }
}
