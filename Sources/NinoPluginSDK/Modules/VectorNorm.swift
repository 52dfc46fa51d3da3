/// The tensors that norms over an axis have, and how they lie in the graph.
struct VectorNorm: Sendable {
    private let order: Int
    private let weight, bias: String?
    /// Of the runs it is over; nil for the whole axis.
    private let width: Int?

    init(_ path: Path, _ axis: Axis, hasBias: Bool) {
        let (weight, bias) = ("\(path.name).weight", "\(path.name).bias")
        order = path.modules.declare(DeclaredTensor(weight, .parameter(.constant(1)), [axis]))
        if hasBias { _ = path.modules.declare(DeclaredTensor(bias, .parameter(.constant(0)), [axis])) }
        (self.weight, self.bias, width) = (weight, hasBias ? bias : nil, axis.size)
    }

    /// Without tensors.
    init(width: Int?) {
        (order, weight, bias, self.width) = (0, nil, nil, width)
    }

    var vectors: [String] { [weight, bias].compactMap { $0 } }

    /// Points to the neurons of the last axis.
    func lay(_ graph: GraphReading, _ stages: [Stage]) throws -> [Stage] {
        try lay(graph, on: stages[stages.count - 1])
        return stages
    }

    /// Points to the neurons of a stage; where they are not laid yet, when they are.
    func lay(_ graph: GraphReading, on stage: Stage) throws {
        let stage = stage.current
        guard let width, let weight else { return }
        if stage.axis == nil { stage.axis = Axis(fixed: width) }
        guard stage.axis!.size.isMultiple(of: width) else {
            throw PluginError(
                status: NINO_FAILED,
                message: "\(weight): expected \(width) neurons to norm, found \(stage.axis!.size) of \(stage.name)")
        }
        var tensors = [(weight, EdgeType.norm, GraphReading.Place.weight(order))]
        if let bias { tensors.append((bias, .bias, .bias(order))) }
        for (name, type, place) in tensors {
            let vector = Stage.Vector(parameter: name, type: type, place: place, count: width, name: name)
            if stage.pending == nil {
                try graph.lay(vector, to: stage)
            } else {
                stage.pending!.norms.append(vector)
            }
        }
    }

    /// Applies a norm to each run of its width.
    func overRuns(_ forward: ForwardBuilder, _ x: Value, _ norm: (Value) throws -> Value) throws -> Value {
        let dims = try forward.shape(x)
        let last = dims[dims.count - 1]
        guard let width, width != last, width > 0, last.isMultiple(of: width) else { return try norm(x) }
        return try forward.reshape(norm(forward.reshape(x, dims.dropLast() + [last / width, width])), dims)
    }
}
