import CNinoPlugin

/// Takes down the groups and tensors of a model. Valid during `describe` only.
public struct ModelBuilder {
    let table: UnsafePointer<nino_model_builder_t>

    /// Adds a group; the groups it depends on come first.
    public func group(_ group: Group) throws {
        let memory = BorrowedMemory()
        let names = memory.list(group.dependsOn)
        try check {
            table.pointee.add_group(
                table, memory.text(group.name), Int64(group.size), names, Int64(group.dependsOn.count), $0)
        }
        withExtendedLifetime(memory) {}
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
        let memory = BorrowedMemory()
        var tensor = nino_tensor_t()
        (tensor.name, tensor.role, tensor.tied_to) = (memory.text(name), NINO_TIED, memory.text(parameter))
        try check { table.pointee.add_tensor(table, &tensor, $0) }
        withExtendedLifetime(memory) {}
    }

    /// Says that files may leave out this beginning of names, from all names that have it.
    public func optionalPrefix(_ prefix: String) throws {
        try check { table.pointee.add_prefix(table, prefix, $0) }
    }

    private func tensor(
        _ name: String, _ role: nino_role_t, _ type: nino_element_type_t, _ axes: [Axis],
        _ initialization: Initialization
    ) throws {
        let memory = BorrowedMemory()
        var tensor = nino_tensor_t(
            name: memory.text(name), role: role, element_type: type,
            shape: memory.array(axes.map { Int64($0.size) }), rank: Int64(axes.count),
            axes: memory.array(axes.map(memory.axis)), initialization: initialization.rule(memory), tied_to: nil)
        try check { table.pointee.add_tensor(table, &tensor, $0) }
        withExtendedLifetime(memory) {}
    }
}
