import NeuralGraphs
import Tensors

/// Labels carried through a forward pass to tell neurons apart: as for symmetries, but a label stands for the neurons
/// of one stage.
///
/// A residual connection therefore begins a new stage, and so does a convolution of each channel by itself; a parameter
/// that is used again (a tied table) is laid down once, where it is used first. Nothing is pinned: what does not
/// permute are neurons too.
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
        /// Rows are picked by an input itself, not by what is computed from it or by positions.
        var picksWords = true
        /// The channels that a convolution in groups reads.
        var groups: ChannelGroups?
    }

    /// A convolution in groups: every group of channels read makes a group of channels written.
    struct ChannelGroups {
        /// Numbers of the axes of the groups, as the channels read and as the channels written are named.
        let from, to: Int
    }

    /// Numbers of axes: the heads, and the units of one head that queries and keys, or values and outputs, have.
    struct Attention {
        var queries: (heads: Int, units: Int)
        var values: (heads: Int, units: Int)?
    }

    /// What attention reads from a piece of a parameter's axis.
    struct Role {
        let parameter: String
        let axis: Int
        let offset: Int
        let digits: [(size: Int, stride: Int)]
        let type: EdgeType

        func contains(_ position: Int) -> Bool {
            var rest = position - offset
            guard rest >= 0 else { return false }
            for digit in digits where digit.size > 1 {
                guard rest / digit.stride < digit.size else { return false }
                rest %= digit.stride
            }
            return rest == 0
        }
    }

    var table = LabelTable()
    /// Numbers in `attentions`, by the number of attention written as products.
    var attentionOfProduct: [Int: Int] = [:]
    private(set) var tensors: [String: [Int]] = [:]
    private(set) var uses: [String: Use] = [:]
    var attentions: [Attention] = []
    var roles: [String: [Role]] = [:]
    /// Numbers of the axes of the stream before a residual connection and after it.
    private(set) var residuals: [(from: Int, to: Int)] = []

    let program: Program
    private var axes: [[Int]]
    let roots: ValueRoots
    let products: AttentionProducts
    let useCounts: [Int: Int]
    private let landmarks: Landmarks
    /// The parameter or buffer and its axis, by the number of the axis.
    private var tensorOfAxis: [Int: (name: String, axis: Int)] = [:]

    init(_ program: Program) {
        self.program = program
        axes = Array(repeating: [], count: program.nodes.count)
        let live = program.nodesBehindOutputs
        let roots = ValueRoots(program, live: live)
        self.roots = roots
        landmarks = Landmarks(program, live: live)
        products = AttentionProducts(program, live: live, isComputed: program.nodes.indices.map(roots.isComputed))
        attentions = []
        useCounts = program.useCounts(among: live)
        let lastUse = program.lastUses(among: live)
        for index in live {
            let node = program.nodes[index]
            switch node.source {
            case .input, .constant: axes[index] = freshAxes(node.type.shape)
            case .buffer(let name), .parameter(let name):
                axes[index] = freshAxes(node.type.shape)
                tensors[name] = axes[index]
                for (axis, number) in axes[index].enumerated() { tensorOfAxis[number] = (name, axis) }
            case .operation(let operation, let inputs):
                visit(index, operation, inputs.map(\.index))
                for input in Set(inputs.map(\.index)) where lastUse[input] == index { forget(axes[input]) }
            }
        }
        alignParts()
    }

    /// Later operations cut what convolutions in groups read or write, and what a residual connection ends in; both
    /// ends fall into the same parts.
    private mutating func alignParts() {
        let groups = uses.values.compactMap(\.groups).sorted { $0.from < $1.from }
        let streams = residuals.filter { residual in
            [residual.from, residual.to].allSatisfy { table.labels(ofAxis: $0).contains(where: standsInTensor) }
        }
        let pairs = groups + streams.map { ChannelGroups(from: $0.from, to: $0.to) }
        // A cut goes on from one to the next, so at most through all of them.
        for _ in pairs {
            let uneven = pairs.filter { table.sizes(ofAxis: $0.from) != table.sizes(ofAxis: $0.to) }
            if uneven.isEmpty { return }
            for pair in uneven {
                pair.align(in: &table, orPin: Pin("two ends of a connection", "they fall into parts of their own"))
            }
        }
    }

    private mutating func freshAxes(_ shape: [Int]) -> [Int] {
        shape.map { table.add(label: table.label(size: $0, dependencies: [])) }
    }

    private mutating func forget(_ axes: [Int]) {
        for axis in axes { table.remove(axis) }
    }

    private mutating func visit(_ index: Int, _ operation: any Operation, _ ids: [Int]) {
        var flow = operation.axisFlow(inputs: ids.map { program.nodes[$0].type })
        // What it is a view of, if it is one.
        let own = roots.tensors[index]
        var inputs = ids.map { axes[$0] }
        for (slot, id) in ids.enumerated() {
            // A constant is another thing at each use; so is a parameter that was used before.
            if roots.isConstant[id] { inputs[slot] = freshAxes(program.nodes[id].type.shape) }
            if let name = roots.tensors[id], name != own, let use = uses[name] {
                inputs[slot] = freshAxes(program.nodes[id].type.shape)
                // The rows of a table are the words still, when it is read to score them.
                if use.operation == "embedding", case .parameter = program.nodes[id].source {
                    inputs[slot][0] = tensors[name]![0]
                }
            }
        }
        if operation.name == "add", let stream = stream(of: ids) {
            for axis in inputs[stream].indices {
                axes[index].append(table.add(table.axes[inputs[1 - stream][axis]]))
                residuals.append(
                    (table.add(table.axes[inputs[stream][axis]]), table.add(table.axes[axes[index][axis]])))
            }
            return
        }
        let groups = operation.name.hasPrefix("conv") ? separateGroups(&flow, landmarks.place(index)) : nil
        let shared = operation.name == "matmul" ? sharedIndices(flow, inputs, ids) : []
        noteRoles(index, operation, flow, inputs)
        let (output, indices) = table.apply(
            flow, to: inputs, constants: [], place: landmarks.place(index), pinning: false)
        axes[index] = output
        // Pixels, examples and the like stand in no parameter.
        for axis in output where !table.labels(ofAxis: axis).contains(where: standsInTensor) { table.simplify(axis) }
        for (slot, id) in ids.enumerated() {
            guard let root = roots.tensors[id], root != own, uses[root] == nil else { continue }
            uses[root] =
                isRead(slot, by: operation, ids)
                ? Use(operation: "concat", slot: 0, sides: tensors[root]!.map { _ in .to })
                : use(of: root, id, slot, operation.name, flow, indices, reading: shared)
            if slot == 1, let groups { uses[root]!.groups = groups(indices, &table) }
            if operation.name == "embedding" { uses[root]!.picksWords = picksWords(ids[0]) }
        }
        noteAttention(index, operation, flow, indices)
        forget(indices)
    }

    // MARK: Parameters

    /// True for a parameter that stands where neurons do, as rows that a layer reads: a learned query, a latent.
    private func isRead(_ slot: Int, by operation: any Operation, _ ids: [Int]) -> Bool {
        let layers: Set<String> = ["linear", "matmul", "conv1d", "conv2d", "recurrent"]
        return slot == 0 && ids.count > 1 && layers.contains(operation.name) && roots.tensors[ids[1]] != nil
    }

    private func use(
        of parameter: String, _ value: Int, _ slot: Int, _ operation: String, _ flow: AxisFlow, _ indices: [Int],
        reading shared: Set<Int>
    ) -> Use {
        let output = Set(flow.output.joined().joined())
        // A recurrent weight reads on its last axis the units that it writes on its first.
        let read = Self.repeatedIndex(flow.inputs[slot])
        func side(_ index: Int, axis: Int) -> Side {
            if shared.contains(index) { return .from }
            if index == read { return axis == 0 ? .to : .from }
            if output.contains(index) { return .to }
            return operation.hasPrefix("conv") && axis >= 2 ? .window : .from
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
                for label in table.labels(ofAxis: indices[index]) { sideOfLabel[label] = side(index, axis: axis) }
            }
        }
        let sides = tensors[parameter]!.map { number in
            table.labels(ofAxis: number).lazy.compactMap { sideOfLabel[$0] }.first ?? .from
        }
        return Use(operation: operation, slot: slot, sides: sides)
    }

    /// Indices of a product that both inputs have and the output keeps, and that are neurons before it: experts, whose
    /// units are read each by weights of its own.
    private func sharedIndices(_ flow: AxisFlow, _ inputs: [[Int]], _ ids: [Int]) -> Set<Int> {
        let kept = Set(flow.output.joined().joined())
        return Set(
            flow.inputs.indices.filter { roots.isComputed(ids[$0]) }.flatMap { slot in
                flow.inputs[slot].indices.flatMap { axis -> [Int] in
                    let indices = flow.inputs[slot][axis].joined().filter { index in
                        kept.contains(index) && flow.inputs.allSatisfy { $0.joined().joined().contains(index) }
                    }
                    return tensors(with: table.labels(ofAxis: inputs[slot][axis])).isEmpty ? [] : Array(indices)
                }
            })
    }

    /// The one index that is all of the first axis and of the last one.
    private static func repeatedIndex(_ axes: [AxisFlow.Axis]) -> Int? {
        guard axes.count > 1, let last = axes[axes.count - 1].first, axes[axes.count - 1].count == 1, last.count == 1,
            axes[0].allSatisfy({ $0 == last })
        else { return nil }
        return last[0]
    }

    /// Whether the numbers of rows are an input itself, or the same everywhere.
    private func picksWords(_ value: Int) -> Bool {
        switch program.nodes[value].source {
        case .input: return true
        case .constant(let constant): return !constant.type.shape.indices.contains(where: constant.varies)
        case .parameter, .buffer: return false
        case .operation(let operation, let inputs):
            let views: Set<String> = ["reshape", "transpose", "slice", "broadcast", "expand", "toFloat"]
            return views.contains(operation.name) && picksWords(inputs[0].index)
        }
    }

    private func standsInTensor(_ label: Int) -> Bool {
        table.labels[label].places.contains { tensorOfAxis[$0] != nil }
    }

    /// Parameters that have any of these labels on an axis, and that axis.
    func tensors(with labels: [Int]) -> [(name: String, axis: Int)] {
        let numbers = labels.reduce(into: Set<Int>()) { $0.formUnion(table.labels[$1].places) }
        return numbers.sorted().compactMap { tensorOfAxis[$0] }
    }

    // MARK: Convolutions in groups

    /// Gives the groups of channels that a convolution reads another index than those it writes: other neurons.
    ///
    /// - Returns: nil for an ordinary convolution; otherwise what makes of the axes of the flow's indices the groups.
    private mutating func separateGroups(
        _ flow: inout AxisFlow, _ place: String
    ) -> (([Int], inout LabelTable) -> ChannelGroups)? {
        guard flow.output[1].count == 1, let group = flow.output[1][0].first,
            flow.inputs[0][1].count == 1, flow.inputs[0][1][0].first == group, flow.indices[group].size > 1
        else { return nil }
        let copy = flow.indices.count
        var read = flow.inputs[0]
        read[1] = [[copy] + flow.inputs[0][1][0].dropFirst()]
        flow = AxisFlow(
            indices: flow.indices + [AxisFlow.Index(size: flow.indices[group].size)],
            inputs: [read] + flow.inputs.dropFirst(), output: flow.output)
        return { indices, table in
            let groups = ChannelGroups(
                from: table.add(table.axes[indices[copy]]), to: table.add(table.axes[indices[group]]))
            groups.align(in: &table, orPin: Pin(place, "its groups do not fit the channels it reads"))
            return groups
        }
    }
}

extension NeuronPropagation.ChannelGroups {
    /// Lets the groups written fall into the same parts as those read, and the other way round.
    fileprivate func align(in table: inout LabelTable, orPin pin: Pin) {
        for (model, other) in [(from, to), (to, from)] {
            let parts = table.add(
                table.axes[model].map { piece in
                    piece.renaming { table.label(size: table.size($0), dependencies: []) }
                })
            table.unify(other, parts, orPin: pin)
            table.remove(parts)
        }
    }
}
