import Tensors

extension Program {
    /// The same computation with slices of one axis before it is parted.
    ///
    /// Queries, keys and values are often parted by a reshape to (…, 3, heads, width), a transposition, and slices of
    /// the axis of 3. Taken from one axis before, each part has labels of its own; behind, all parts share them, since
    /// an axis does not know which part of another it stands beside.
    public func slicingFirst() -> Program {
        var rewriting = SliceRewriting(self)
        return (try? rewriting.rewritten()) ?? self
    }
}

private struct SliceRewriting {
    private let program: Program
    private var result = Program()
    private var newID: [Int: ValueID] = [:]

    init(_ program: Program) { self.program = program }

    mutating func rewritten() throws -> Program {
        for (index, node) in program.nodes.enumerated() {
            newID[index] =
                switch node.source {
                case .input(let name): try result.input(name, node.type.elementType, node.type.shape)
                case .parameter(let name): try result.parameter(name, node.type.shape)
                case .buffer(let name): try result.buffer(name, node.type.shape)
                case .constant(let value): try result.constant(value)
                case .operation(let operation, let inputs):
                    try slicedFirst(index, operation, inputs)
                        ?? result.apply(operation: operation, inputs.map { newID[$0.index]! })
                }
        }
        for output in program.outputs { try result.output(output.name, newID[output.id.index]!) }
        return result
    }

    /// - Returns: nil where the operation is no slice of an axis that a reshape parted from others inside.
    private mutating func slicedFirst(_ index: Int, _ operation: any Operation, _ inputs: [ValueID]) throws -> ValueID?
    {
        guard operation.name == "slice", let cut = Cut(operation, program.nodes[inputs[0].index].type) else {
            return nil
        }
        // Back through what only turns axes, to the reshape that made this one.
        var (axis, value) = (cut.axis, inputs[0].index)
        var steps: [Step] = []
        while let (step, before) = step(back: axis, from: value) {
            steps.append(step)
            (axis, value) = before
        }
        guard case .operation(let reshape, let source) = program.nodes[value].source, reshape.name == "reshape" else {
            return nil
        }
        let (old, new) = (program.nodes[source[0].index].type.shape, program.nodes[value].type.shape)
        guard let inside = Self.innerAxes(of: axis, old, new) else { return nil }
        // One axis of what is sliced and all inside it, the slice, and the same steps behind it.
        let inner = new[inside].reduce(1, *)
        var joined = new
        joined.replaceSubrange(axis..<inside.upperBound, with: [new[axis] * inner])
        var parted = new
        parted[axis] = cut.end - cut.start
        var id = try result.apply("reshape", [newID[source[0].index]!], ["shape": .integers(joined)])
        id = try result.apply(
            "slice", [id],
            ["axis": .integer(axis), "start": .integer(cut.start * inner), "end": .integer(cut.end * inner)])
        id = try result.apply("reshape", [id], ["shape": .integers(parted)])
        for step in steps.reversed() {
            switch step {
            case .transpose(let order): id = try result.apply("transpose", [id], ["axes": .integers(order)])
            case .units(var shape, let axis):
                shape[axis] = cut.end - cut.start
                id = try result.apply("reshape", [id], ["shape": .integers(shape)])
            }
        }
        return id
    }

    /// What turns axes and parts none.
    private enum Step {
        case transpose([Int])
        /// Axes of one position come or go; the shape behind, and which axis of it is sliced.
        case units([Int], axis: Int)
    }

    private func step(back axis: Int, from value: Int) -> (Step, (axis: Int, value: Int))? {
        guard case .operation(let operation, let inputs) = program.nodes[value].source else { return nil }
        let (old, new) = (program.nodes[inputs[0].index].type.shape, program.nodes[value].type.shape)
        if operation.name == "transpose" {
            let order = Self.order(operation, program.nodes[inputs[0].index].type)
            return (.transpose(order), (order[axis], inputs[0].index))
        }
        guard operation.name == "reshape", new[axis] > 1, old.filter({ $0 > 1 }) == new.filter({ $0 > 1 }) else {
            return nil
        }
        let number = new[..<axis].count { $0 > 1 }
        return (.units(new, axis: axis), (old.indices.filter { old[$0] > 1 }[number], inputs[0].index))
    }

    /// The axes right behind one that were parted from the same axis as it; nil if there are none.
    private static func innerAxes(of axis: Int, _ old: [Int], _ new: [Int]) -> Range<Int>? {
        var start = 0
        for run in MixedRadix.commonRuns(old, new) {
            defer { start += run.second.count }
            guard (start..<(start + run.second.count)).contains(axis) else { continue }
            let inside = (axis + 1)..<(start + run.second.count)
            return run.first.count == 1 && inside.contains { new[$0] > 1 } ? inside : nil
        }
        return nil
    }

    /// Which axis of the input each axis of the output is.
    private static func order(_ operation: any Operation, _ type: ValueType) -> [Int] {
        let flow = operation.axisFlow(inputs: [type])
        return flow.output.map { axis in flow.inputs[0].firstIndex(of: axis)! }
    }

    /// What a slice keeps.
    private struct Cut {
        let axis, start, end: Int

        /// Read off how its axes flow; nil for a slice that keeps everything.
        init?(_ operation: any Operation, _ type: ValueType) {
            let flow = operation.axisFlow(inputs: [type])
            guard let axis = flow.inputs[0].firstIndex(where: { $0.count > 1 }), let kept = flow.output[axis].first,
                flow.output[axis].count == 1, let place = flow.inputs[0][axis].firstIndex(of: kept)
            else { return nil }
            func size(_ segments: some Sequence<[Int]>) -> Int {
                segments.reduce(0) { $0 + $1.reduce(1) { $0 * flow.indices[$1].size } }
            }
            self.axis = axis
            start = size(flow.inputs[0][axis][..<place])
            end = start + size([kept])
        }
    }
}
