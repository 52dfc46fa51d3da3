import CNinoPlugin

/// How a tensor of a fresh model is drawn.
public enum Initialization: Sendable {
    /// Every scalar the same: 1 for the weight of a norm, 0 for its bias.
    case constant(Double)
    /// Uniform between the bounds.
    case uniform(Double, Double)
    /// Normal.
    case normal(mean: Double, deviation: Double)
    /// Normal, redrawn beyond two standard deviations.
    case truncatedNormal(mean: Double, deviation: Double)

    /// PyTorch's default for weights and biases of linear and convolution layers: uniform in ±1/√fanIn
    /// (torch.nn.Linear,
    /// reset_parameters).
    public static func pytorchDefault(fanIn: Int) -> Initialization {
        let bound = 1 / Double(fanIn).squareRoot()
        return .uniform(-bound, bound)
    }

    /// Uniform in ±√(6 / (fanIn + fanOut)) (Glorot and Bengio 2010; torch.nn.init.xavier_uniform_).
    public static func xavierUniform(fanIn: Int, fanOut: Int) -> Initialization {
        let bound = (6 / Double(fanIn + fanOut)).squareRoot()
        return .uniform(-bound, bound)
    }

    var rule: nino_initialization_t {
        switch self {
        case .constant(let value): nino_initialization_t(kind: NINO_INIT_CONSTANT, a: value, b: 0)
        case .uniform(let low, let high): nino_initialization_t(kind: NINO_INIT_UNIFORM, a: low, b: high)
        case .normal(let mean, let deviation): nino_initialization_t(kind: NINO_INIT_NORMAL, a: mean, b: deviation)
        case .truncatedNormal(let mean, let deviation):
            nino_initialization_t(kind: NINO_INIT_TRUNCATED_NORMAL, a: mean, b: deviation)
        }
    }
}

/// Takes down the groups and tensors of a model. Valid during `describe` only.
public struct ModelBuilder {
    let table: UnsafePointer<nino_model_builder_t>

    /// Adds a group; the groups it depends on come first.
    public func group(_ group: Group) throws {
        let lending = Lending()
        let names = lending.list(group.dependsOn)
        try check {
            table.pointee.add_group(
                table, lending.text(group.name), Int64(group.size), names, Int64(group.dependsOn.count), $0)
        }
        withExtendedLifetime(lending) {}
    }

    /// Adds a trained tensor (float32); its shape follows from its axes.
    /// - Parameters:
    ///   - name: as in the checkpoints of the wild.
    ///   - axes: slowest first.
    ///   - initialization: how it is drawn for a fresh model.
    public func parameter(_ name: String, _ axes: [Axis], _ initialization: Initialization) throws {
        try tensor(name, NINO_PARAMETER, NINO_FLOAT32, axes, initialization)
    }

    /// Adds `prefix.weight`, and `prefix.bias` over `axis` unless it has none.
    public func layer(
        _ prefix: String, _ axes: [Axis], _ initialization: Initialization, bias axis: Axis?,
        _ biasInitialization: Initialization = .constant(0)
    ) throws {
        try parameter("\(prefix).weight", axes, initialization)
        if let axis { try parameter("\(prefix).bias", [axis], biasInitialization) }
    }

    /// Adds a tensor that is stored with the weights but not trained, float32.
    public func buffer(_ name: String, _ axes: [Axis], _ initialization: Initialization) throws {
        try tensor(name, NINO_BUFFER, NINO_FLOAT32, axes, initialization)
    }

    /// Adds an integer scalar that is stored with the weights but not trained (a step counter).
    public func counter(_ name: String) throws {
        try tensor(name, NINO_BUFFER, NINO_INT64, [], .constant(0))
    }

    /// Adds a tensor of any type that files may carry and that means nothing: a cached mask or table.
    public func ignored(_ name: String, _ axes: [Axis]) throws {
        try tensor(name, NINO_IGNORED, NINO_FLOAT32, axes, .constant(0))
    }

    /// Adds a tensor that files may carry and that repeats a parameter, added before.
    public func tied(_ name: String, to parameter: String) throws {
        let lending = Lending()
        var tensor = nino_tensor_t()
        (tensor.name, tensor.role, tensor.tied_to) = (lending.text(name), NINO_TIED, lending.text(parameter))
        try check { table.pointee.add_tensor(table, &tensor, $0) }
        withExtendedLifetime(lending) {}
    }

    /// Says that files may leave out this beginning of names, from all names that have it.
    public func optionalPrefix(_ prefix: String) throws {
        try check { table.pointee.add_prefix(table, prefix, $0) }
    }

    private func tensor(
        _ name: String, _ role: nino_role_t, _ type: nino_element_type_t, _ axes: [Axis],
        _ initialization: Initialization
    ) throws {
        let lending = Lending()
        var tensor = nino_tensor_t(
            name: lending.text(name), role: role, element_type: type,
            shape: lending.array(axes.map { Int64($0.size) }), rank: Int64(axes.count),
            axes: lending.array(axes.map(lending.axis)), initialization: initialization.rule, tied_to: nil)
        try check { table.pointee.add_tensor(table, &tensor, $0) }
        withExtendedLifetime(lending) {}
    }
}
