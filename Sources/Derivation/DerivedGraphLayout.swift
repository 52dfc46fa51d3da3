import NeuralGraphs

/// Lays down node blocks and edge blocks: parameters in order, each with the nodes it is the first to need.
struct DerivedGraphLayout {
    let neurons: NeuronPropagation
    let parameters: ParameterList
    let symmetries: Symmetries
    let attentions: [AttentionBlock]
    /// Groups of each label, where a parameter tells.
    let factors: [Int: [AxisFactor]]

    var nodeBlocks: [NodeBlock] = []
    var edgeBlocks: [EdgeBlock] = []
    /// Node blocks by the labels of their nodes.
    var blockOfLabels: [[Int]: Int] = [:]
    /// Node blocks of heads by the number of the attention.
    var headBlocks: [Int: Int] = [:]
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

    init(_ neurons: NeuronPropagation, _ parameters: ParameterList, _ symmetries: Symmetries) {
        (self.neurons, self.parameters, self.symmetries) = (neurons, parameters, symmetries)
        let table = neurons.table
        attentions = neurons.attentions.enumerated().flatMap { index, attention in
            [(attention.queries, "queries and keys"), (attention.outputs, "values")].map { axis, name in
                let labels = Array(table.axes[axis].joined())
                var (heads, count) = ([Int](), 1)
                for label in labels where count < attention.headCount {
                    heads.append(label)
                    count *= table.size(label)
                }
                return AttentionBlock(index: index, labels: labels, heads: heads, name: "attention \(index) \(name)")
            }
        }
        factors = Self.factors(neurons, parameters, symmetries)
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

    private static let layers: Set<String> = ["linear", "conv2d", "matmul", "embedding"]

    /// The last axis of a parameter that nothing reads, or of a number: nodes of its own, with labels below 0.
    private func ownPart(_ entry: ParameterList.Entry) -> [ParameterPart] {
        let size = entry.shape.last ?? 1
        let label = -1 - parameters.index(of: entry.name)!
        return [ParameterPart(digits: [.init(label: label, size: size, stride: 1)], offset: 0, ranges: [])]
    }

    private func isShared(_ axis: Int, beside name: String) -> Bool {
        let labels = Set(neurons.table.axes[axis].joined())
        return neurons.tensors.contains { other, numbers in
            other != name && neurons.uses[other] != nil
                && numbers.contains { !labels.isDisjoint(with: neurons.table.axes[$0].joined()) }
        }
    }

    // MARK: Groups of labels

    /// Pairs the labels of every axis with its groups, where both are one product.
    private static func factors(_ neurons: NeuronPropagation, _ parameters: ParameterList, _ symmetries: Symmetries)
        -> [Int: [AxisFactor]]
    {
        var found: [Int: [AxisFactor]] = [:]
        for entry in parameters.entries {
            guard let numbers = neurons.tensors[entry.name], let axes = symmetries.axes[entry.name] else { continue }
            for axis in numbers.indices {
                for part in ParameterPart.all(of: [axis], shape: entry.shape, numbers: numbers, neurons.table) {
                    guard let written = axes[axis].part(part.ranges[0].positions, in: symmetries.groups),
                        written.segments.count == 1
                    else { continue }
                    var rest = written.segments[0][...]
                    for digit in part.digits {
                        guard let taken = take(digit.size, from: &rest, symmetries.groups) else { break }
                        found[digit.label] = found[digit.label] ?? taken
                    }
                }
            }
        }
        return found
    }

    /// The first factors, as many as make up `size` positions; fixed ones may be parted. nil if a group would be.
    private static func take(_ size: Int, from factors: inout ArraySlice<AxisFactor>, _ groups: [PermutationGroup])
        -> [AxisFactor]?
    {
        var (taken, left) = ([AxisFactor](), size)
        while left > 1, let factor = factors.popFirst() {
            let count = Axis(factor).size(in: groups)
            if case .fixed = factor, count > left, count.isMultiple(of: left) {
                factors = [.fixed(count / left)] + factors
                return taken + [.fixed(left)]
            }
            guard left.isMultiple(of: count) else { return nil }
            taken.append(factor)
            left /= count
        }
        return left == 1 ? (taken.isEmpty ? [.fixed(1)] : taken) : nil
    }
}
