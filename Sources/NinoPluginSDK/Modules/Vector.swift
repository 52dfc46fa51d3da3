/// A bias of its own, declared apart from the layer that adds it.
public struct Vector: Sendable, VectorModule {
    /// Name of the parameter.
    public let name: String
    let order, count: Int

    /// Declares the vector.
    /// - Parameters:
    ///   - path: its whole name.
    ///   - axis: its positions, and which groups move them.
    ///   - initialization: how it is drawn.
    public init(_ path: Path, _ axis: Axis, _ initialization: Initialization = .constant(0)) {
        name = path.name
        count = axis.size
        order = path.modules.declare(DeclaredTensor(path.name, .parameter(initialization), [axis]))
    }

    /// Its name alone.
    public var vectors: [String] { [name] }

    var edges: Stage.Vector {
        Stage.Vector(parameter: name, type: .bias, place: .weight(order), count: count, name: name)
    }
}
