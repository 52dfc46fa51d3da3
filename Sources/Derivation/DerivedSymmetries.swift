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
        var reader = SymmetryReader(table: propagation.table, names: tensors.map(\.name))
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
