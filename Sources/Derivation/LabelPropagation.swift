import Tensors

/// Labels carried through forward passes: what is left free at the end are the symmetries of the parameters.
///
/// Several traces of one model (of other input sizes) may be added one after the other; a symmetry must hold in all of
/// them.
struct LabelPropagation {
    private(set) var table = LabelTable()
    /// Numbers of the axes of each parameter and buffer.
    private(set) var tensors: [String: [Int]] = [:]

    /// Carries labels through a trace: those of parameters and buffers start free, those of inputs and outputs are
    /// pinned.
    mutating func add(_ program: Program) {
        let live = program.nodesBehindOutputs
        let lastUse = program.lastUses(among: live)
        var axes = [[Int]](repeating: [], count: program.nodes.count)
        let landmarks = Landmarks(program, live: live)
        var variation: [Int: [Bool]] = [:]
        for index in live {
            let node = program.nodes[index]
            switch node.source {
            case .input(let name): axes[index] = pinnedAxes(node.type.shape, Pin("input \"\(name)\""))
            case .constant(let value): variation[index] = value.type.shape.indices.map(value.varies)
            case .parameter(let name), .buffer(let name):
                axes[index] = tensorAxes(name, node.type.shape)
            case .operation(let operation, let inputs):
                let ids = inputs.map(\.index)
                let flow = operation.axisFlow(inputs: ids.map { program.nodes[$0].type })
                // Whatever does not vary may be another thing at each use, so constants get labels of their own each
                // time.
                let constants = ids.indices.filter { variation[ids[$0]] != nil }
                for input in constants {
                    axes[ids[input]] = constantAxes(program.nodes[ids[input]].type.shape, variation[ids[input]]!)
                }
                let (output, indices) = table.apply(
                    flow, to: ids.map { axes[$0] }, constants: Set(constants), place: landmarks.place(index))
                axes[index] = output
                for axis in output where table.labels(ofAxis: axis).allSatisfy(table.isPinned) { table.simplify(axis) }
                forget(indices)
                for input in Set(ids) where lastUse[input] == index || variation[input] != nil { forget(axes[input]) }
            }
        }
        for output in program.outputs {
            for label in axes[output.id.index].flatMap(table.labels(ofAxis:)) {
                table.read(label)
                table.pin(label, Pin("output \"\(output.name)\""))
            }
        }
        for output in program.outputs {
            if case .operation = program.nodes[output.id.index].source { forget(axes[output.id.index]) }
        }
    }

    private mutating func forget(_ axes: [Int]) {
        for axis in axes { table.remove(axis) }
    }

    private mutating func pinnedAxes(_ shape: [Int], _ pin: Pin) -> [Int] {
        shape.map { size in table.add(label: table.label(size: size, pin: pin, dependencies: [], isRead: true)) }
    }

    private mutating func tensorAxes(_ name: String, _ shape: [Int]) -> [Int] {
        if let known = tensors[name] { return known }
        let axes = shape.map { size in table.add(label: table.label(size: size, dependencies: [[]])) }
        tensors[name] = axes
        return axes
    }

    /// Positions along which a constant does not vary are free.
    private mutating func constantAxes(_ shape: [Int], _ varies: [Bool]) -> [Int] {
        zip(shape, varies).map { size, varies in
            let pin = varies ? Pin("constant", "its values differ from position to position") : nil
            return table.add(label: table.label(size: size, pin: pin, dependencies: [], isRead: true))
        }
    }

    // MARK: Closing

    /// Pins what nothing reads and drops dependencies that the axis grammar cannot state: a group may depend on groups
    /// before it in the same product.
    mutating func close() {
        for label in tensors.values.joined().flatMap(table.labels(ofAxis:)) where !table.labels[label].isRead {
            table.pin(label, Pin("the forward pass does not read it"))
        }
        for axis in tensors.values.joined() {
            for labels in table.axes[axis].map(\.labels) {
                for (place, label) in labels.enumerated() {
                    table.settleDependencies(of: label)
                    for other in table.labels[label].dependencies.first ?? [] where !labels[..<place].contains(other) {
                        table.forbid(label, dependingOn: other)
                    }
                }
            }
        }
    }
}
