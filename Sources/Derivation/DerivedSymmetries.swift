import NeuralGraphs
import PluginHost
import Tensors

/// The permutation symmetries of a model's parameters, found from its forward pass alone. Source: docs/derivation.md.
public struct DerivedSymmetries: Sendable {
    public let symmetries: Symmetries
    /// Why positions stay: for each tensor by name, for each axis, the pins of its factors with the positions they
    /// hold.
    let pins: [String: [[HeldFactor]]]

    /// A factor of an axis that nothing moves.
    struct HeldFactor: Sendable {
        let place: FactorPlace
        let pin: Pin
    }

    /// - Throws: what tracing throws.
    /// - Complexity: in the number of operations; no weight is made.
    public init(_ model: Model) throws {
        let programs = try model.traces()
        let stored = model.description.parameters + model.description.buffers.filter { $0.elementType == .float32 }
        self.init(programs, tensors: stored.map { ($0.name, $0.shape) })
    }

    /// - Parameters:
    ///   - programs: traces of one model.
    ///   - tensors: names and shapes of all parameters and buffers, in order.
    public init(_ programs: [Program], tensors: [(name: String, shape: [Int])]) {
        var propagation = LabelPropagation()
        for program in programs { propagation.add(program) }
        propagation.close()
        self.init(propagation, tensors: tensors)
    }

    init(_ propagation: LabelPropagation, tensors: [(name: String, shape: [Int])]) {
        var reader = SymmetryReader(table: propagation.table)
        for (name, shape) in tensors {
            if let axes = propagation.tensors[name] {
                reader.read(name, axes)
            } else {
                reader.skip(name, shape)
            }
        }
        symmetries = Symmetries(groups: reader.groups, axes: reader.axes)
        pins = reader.pins
    }
}

/// Turns labels into groups, in the order in which they are met.
private struct SymmetryReader {
    let table: LabelTable
    private(set) var groups: [PermutationGroup] = []
    private(set) var axes: [String: [Axis]] = [:]
    private(set) var pins: [String: [[DerivedSymmetries.HeldFactor]]] = [:]
    private var groupOfLabel: [Int: Int] = [:]

    init(table: LabelTable) {
        self.table = table
    }

    /// A tensor the forward pass does not use.
    mutating func skip(_ name: String, _ shape: [Int]) {
        axes[name] = shape.map { Axis(.fixed($0)) }
        pins[name] = shape.enumerated().map { axis, size in
            [
                .init(
                    place: FactorPlace(tensor: name, axis: axis, offset: 0, span: size, stride: 1, size: size),
                    pin: Pin("the forward pass does not read it"))
            ]
        }
    }

    mutating func read(_ name: String, _ numbers: [Int]) {
        var read: [Axis] = []
        pins[name] = []
        for (axis, number) in numbers.enumerated() {
            var held: [DerivedSymmetries.HeldFactor] = []
            var offset = 0
            read.append(
                Axis(
                    segments: table.axes[number].enumerated().map { segment, labels in
                        let span = table.size(labels)
                        var stride = span
                        let factors = labels.enumerated().map { factor, label -> AxisFactor in
                            let size = table.size(label)
                            stride /= size
                            if size == 1 { return .fixed(1) }
                            if let pin = table.labels[label].pin {
                                held.append(
                                    .init(
                                        place: FactorPlace(
                                            tensor: name, axis: axis, offset: offset, span: span, stride: stride,
                                            size: size), pin: pin))
                                return .fixed(size)
                            }
                            let isWhole = table.axes[number].count == 1 && labels.count == 1
                            return .group(
                                group(label, name: "\(name)[\(isWhole ? "\(axis)" : "\(axis).\(segment).\(factor)")]"))
                        }
                        offset += span
                        return factors.isEmpty ? [.fixed(1)] : factors
                    }))
            pins[name]!.append(held)
        }
        axes[name] = read
    }

    /// Groups it depends on stand before it in the same product, so they are there already.
    private mutating func group(_ label: Int, name: String) -> Int {
        if let known = groupOfLabel[label] { return known }
        let others = (table.labels[label].dependencies.first ?? []).compactMap { groupOfLabel[$0] }.sorted()
        groups.append(PermutationGroup(name: name, size: table.size(label), dependsOn: others))
        groupOfLabel[label] = groups.count - 1
        return groups.count - 1
    }
}
