import NeuralGraphs
import Tensors

/// Labels carried through a forward pass to tell neurons apart: as for symmetries, but a label stands for the neurons
/// of one stage.
///
/// A residual connection therefore begins a new stage, and a parameter that is used again (a tied table) is laid down
/// once, where it
/// is used first. Nothing is pinned: what does not permute are neurons too.
struct NeuronPropagation {
    /// Which of an operation's indices an axis of a parameter runs along.
    enum Side: Equatable {
        /// Neurons read, or rows of a table.
        case from
        /// Neurons written.
        case to
        /// Of a kernel.
        case window
    }

    /// How the forward pass first uses a parameter.
    struct Use {
        let operation: String
        let slot: Int
        /// For each axis.
        let sides: [Side]
    }

    struct Attention {
        /// Numbers of the axes of queries, and of what leaves the attention.
        let queries, outputs: Int
        let headCount: Int
    }

    /// What attention reads from positions of a parameter's axis.
    struct Role {
        let parameter: String
        let axis: Int
        let positions: Range<Int>
        let type: EdgeType
    }

    private(set) var table = LabelTable()
    private(set) var tensors: [String: [Int]] = [:]
    private(set) var uses: [String: Use] = [:]
    private(set) var attentions: [Attention] = []
    private(set) var roles: [Role] = []
    /// Numbers of the axes of the stream before a residual connection and after it.
    private(set) var residuals: [(from: Int, to: Int)] = []

    /// What has no place in a graph, if anything.
    private(set) var refusal: String?

    private let program: Program
    private var axes: [[Int]]
    /// The parameter that a value is a view of.
    private var roots: [String?]
    private let useCounts: [Int: Int]

    private static let views: Set<String> = ["reshape", "transpose", "slice", "expand"]

    init(_ program: Program) {
        self.program = program
        axes = Array(repeating: [], count: program.nodes.count)
        roots = Array(repeating: nil, count: program.nodes.count)
        let live = program.nodesBehindOutputs
        useCounts = program.useCounts(among: live)
        let lastUse = program.lastUses(among: live)
        for index in live {
            let node = program.nodes[index]
            switch node.source {
            case .input, .constant: axes[index] = freshAxes(node.type.shape)
            case .buffer(let name), .parameter(let name):
                axes[index] = freshAxes(node.type.shape)
                tensors[name] = axes[index]
                roots[index] = name
            case .operation(let operation, let inputs):
                visit(index, operation, inputs.map(\.index))
                for input in Set(inputs.map(\.index)) where lastUse[input] == index { forget(axes[input]) }
            }
        }
    }

    private mutating func freshAxes(_ shape: [Int]) -> [Int] {
        shape.map { table.add([[table.label(size: $0, dependencies: [])]]) }
    }

    private mutating func forget(_ axes: [Int]) {
        for axis in axes { table.remove(axis) }
    }

    private mutating func visit(_ index: Int, _ operation: any Operation, _ ids: [Int]) {
        let flow = operation.axisFlow(inputs: ids.map { program.nodes[$0].type })
        var inputs = ids.map { axes[$0] }
        let isView = Self.views.contains(operation.name)
        if isView { roots[index] = roots[ids[0]] }
        for (slot, id) in ids.enumerated() {
            // A constant is another thing at each use; so is a parameter that was used before.
            if case .constant = program.nodes[id].source { inputs[slot] = freshAxes(program.nodes[id].type.shape) }
            if !isView, case .parameter(let name) = program.nodes[id].source, let use = uses[name] {
                inputs[slot] = freshAxes(program.nodes[id].type.shape)
                // The rows of a table are the words still, when it is read to score them.
                if use.operation == "embedding" { inputs[slot][0] = tensors[name]![0] }
            }
        }
        if operation.name == "attention" { noteRoles(inputs) }
        if operation.name == "conv2d", flow.indices[flow.output[1][0][0]].size > 1 {
            refusal = "a convolution in groups, whose channels are joined group by group"
        }
        if operation.name == "add", let stream = stream(of: ids) {
            for axis in inputs[stream].indices {
                axes[index].append(table.add(table.axes[inputs[1 - stream][axis]]))
                residuals.append(
                    (table.add(table.axes[inputs[stream][axis]]), table.add(table.axes[axes[index][axis]])))
            }
            return
        }
        let (output, indices) = table.apply(flow, to: inputs, constants: [], place: operation.name, pinning: false)
        axes[index] = output
        if !isView {
            for (slot, id) in ids.enumerated() {
                if let root = roots[id], uses[root] == nil {
                    uses[root] = use(of: root, id, slot, operation.name, flow, indices)
                }
            }
        }
        if operation.name == "attention" {
            let heads = flow.inputs[0][2][0].prefix(2).reduce(1) { $0 * flow.indices[$1].size }
            attentions.append(
                Attention(
                    queries: table.add(table.axes[inputs[0][2]]), outputs: table.add(table.axes[output[2]]),
                    headCount: heads))
        }
        forget(indices)
    }

    // MARK: Parameters

    private func use(
        of parameter: String, _ value: Int, _ slot: Int, _ operation: String, _ flow: AxisFlow, _ indices: [Int]
    ) -> Use {
        let output = Set(flow.output.joined().joined())
        func side(_ index: Int, axis: Int) -> Side {
            if output.contains(index) { return .to }
            return operation == "conv2d" && axis >= 2 ? .window : .from
        }
        if case .parameter = program.nodes[value].source {
            return Use(
                operation: operation, slot: slot,
                sides: flow.inputs[slot].enumerated().map { side($1[0].last ?? 0, axis: $0) })
        }
        // Through a view: whatever index holds the axis' labels.
        var sideOfLabel: [Int: Side] = [:]
        for (axis, segments) in flow.inputs[slot].enumerated() {
            for index in segments.joined() {
                for label in table.axes[indices[index]].joined() { sideOfLabel[label] = side(index, axis: axis) }
            }
        }
        let sides = tensors[parameter]!.map { number in
            table.axes[number].joined().lazy.compactMap { sideOfLabel[$0] }.first ?? .from
        }
        return Use(operation: operation, slot: slot, sides: sides)
    }

    /// Which positions of which parameters queries, keys and values come from, before attention makes their labels one.
    private mutating func noteRoles(_ inputs: [[Int]]) {
        for (input, type) in zip(inputs, [EdgeType.query, .key, .value]) {
            let wanted = Set(table.axes[input[2]].joined())
            for (name, numbers) in tensors {
                for (axis, number) in numbers.enumerated() {
                    var start = 0
                    for segment in table.axes[number] {
                        let size = table.size(segment)
                        if segment.contains(where: wanted.contains) {
                            roles.append(
                                Role(parameter: name, axis: axis, positions: start..<(start + size), type: type))
                        }
                        start += size
                    }
                }
            }
        }
    }

    // MARK: Residual connections

    /// Which of two summands is the stream that the other, a branch, is added to; nil if this is no residual
    /// connection.
    private func stream(of ids: [Int]) -> Int? {
        guard program.nodes[ids[0]].type == program.nodes[ids[1]].type, ids.allSatisfy(isComputed) else { return nil }
        let branches = ids.map(isBranch)
        return branches[0] == branches[1] ? nil : branches[0] ? 1 : 0
    }

    private func isComputed(_ value: Int) -> Bool {
        if case .operation = program.nodes[value].source { roots[value] == nil } else { false }
    }

    /// True if a layer's output reaches this sum and nothing else.
    private func isBranch(_ value: Int) -> Bool {
        guard useCounts[value] == 1, case .operation(let operation, let inputs) = program.nodes[value].source else {
            return false
        }
        switch operation.name {
        case "linear", "conv2d", "matmul", "attention", "embedding": return true
        case "add" where inputs.allSatisfy({ isComputed($0.index) }): return false
        default: return inputs.first { isComputed($0.index) }.map { isBranch($0.index) } ?? false
        }
    }
}
