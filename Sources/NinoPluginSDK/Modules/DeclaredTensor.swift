/// A tensor as a module declares it.
struct DeclaredTensor: Sendable {
    enum Role: Sendable {
        case parameter(Initialization)
        case buffer(Initialization)
        case counter
        case ignored
        case tied(to: String)
    }

    let name: String
    let role: Role
    let axes: [Axis]

    init(_ name: String, _ role: Role, _ axes: [Axis] = []) {
        (self.name, self.role, self.axes) = (name, role, axes)
    }

    func add(to model: ModelBuilder) throws {
        switch role {
        case .parameter(let initialization): try model.parameter(name, axes, initialization)
        case .buffer(let initialization): try model.buffer(name, axes, initialization)
        case .counter: try model.counter(name)
        case .ignored: try model.ignored(name, axes)
        case .tied(let parameter): try model.tied(name, to: parameter)
        }
    }
}
