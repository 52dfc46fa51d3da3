import CNinoPlugin

/// One architecture behind the ABI: its C tables, and the Swift type they lead back to.
final class ArchitectureBox {
    private let type: any ArchitectureDescriptor.Type
    private let host: UnsafePointer<nino_host_t>
    private let memory = BorrowedMemory()
    private let modelTypes: UnsafePointer<UnsafePointer<CChar>?>
    private let sampleConfigs: UnsafePointer<UnsafePointer<CChar>?>
    private let descriptor: UnsafePointer<nino_plugin_descriptor_t>
    private let graph: UnsafePointer<nino_plugin_neural_graph_t>
    private let forward: UnsafePointer<nino_plugin_forward_t>
    private let customOps: UnsafePointer<nino_plugin_custom_ops_t>
    private let customOpList: UnsafeBufferPointer<nino_custom_op_t>

    init(_ type: any ArchitectureDescriptor.Type, host: UnsafePointer<nino_host_t>) {
        self.type = type
        self.host = host
        modelTypes = memory.list(type.modelTypes)
        sampleConfigs = memory.list(type.sampleConfigurations)
        descriptor = memory.array([Self.descriptorTable])
        graph = memory.array([Self.graphTable])
        forward = memory.array([Self.forwardTable])
        customOps = memory.array([Self.customOpsTable])
        let operations = (type as? any CustomOperations.Type)?.customOperations ?? []
        customOpList = UnsafeBufferPointer(
            start: memory.array(operations.map(memory.operation)), count: operations.count)
    }

    /// The table the host holds; it keeps this box alive until the host calls `destroy`.
    func makeTable() -> UnsafeMutablePointer<nino_architecture_t> {
        let table = UnsafeMutablePointer<nino_architecture_t>.allocate(capacity: 1)
        table.initialize(
            to: nino_architecture_t(
                context: Unmanaged.passRetained(self).toOpaque(),
                get_extension: { architecture, id in
                    guard let id else { return nil }
                    return ArchitectureBox.of(architecture).table(named: String(cString: id))
                },
                destroy: { architecture in
                    Unmanaged<ArchitectureBox>.fromOpaque(architecture!.pointee.context).release()
                    architecture!.deallocate()
                }))
        return table
    }

    private func table(named id: String) -> UnsafeRawPointer? {
        switch id {
        case NINO_EXTENSION_DESCRIPTOR: UnsafeRawPointer(descriptor)
        case NINO_EXTENSION_NEURAL_GRAPH where type is any NeuralGraphConstructor.Type: UnsafeRawPointer(graph)
        case NINO_EXTENSION_FORWARD where type is any ForwardPass.Type: UnsafeRawPointer(forward)
        case NINO_EXTENSION_CUSTOM_OPS where type is any CustomOperations.Type: UnsafeRawPointer(customOps)
        default: nil
        }
    }

    private static func of(_ architecture: UnsafePointer<nino_architecture_t>?) -> ArchitectureBox {
        Unmanaged<ArchitectureBox>.fromOpaque(architecture!.pointee.context).takeUnretainedValue()
    }

    private static let descriptorTable = nino_plugin_descriptor_t(
        model_types: { UnsafePointer(ArchitectureBox.of($0).modelTypes) },
        sample_configs: { UnsafePointer(ArchitectureBox.of($0).sampleConfigs) },
        recognize: { architecture, config in
            let box = ArchitectureBox.of(architecture)
            guard let config, let reader = try? ConfigurationReader(config, host: box.host) else { return 0 }
            return Int32(clamping: box.type.score(reader))
        },
        create_model: { architecture, config, out, error in
            report(to: error) {
                let box = ArchitectureBox.of(architecture)
                var reader = try ConfigurationReader(config!, host: box.host)
                out!.pointee = OpaquePointer(Unmanaged.passRetained(ModelBox(try box.type.init(&reader))).toOpaque())
            }
        },
        destroy_model: { _, model in Unmanaged<ModelBox>.fromOpaque(UnsafeRawPointer(model!)).release() },
        describe: { _, model, builder, error in
            report(to: error) { try ModelBox.of(model).model.describe(ModelBuilder(table: builder!)) }
        })

    private static let graphTable = nino_plugin_neural_graph_t(construct: { _, model, builder, error in
        report(to: error) {
            guard let model = ModelBox.of(model).model as? any NeuralGraphConstructor else { return }
            try model.construct(GraphBuilder(table: builder!))
        }
    })

    private static let forwardTable = nino_plugin_forward_t(trace: { _, model, builder, error in
        report(to: error) {
            guard let model = ModelBox.of(model).model as? any ForwardPass else { return }
            try model.trace(ForwardBuilder(table: builder!))
        }
    })

    private static let customOpsTable = nino_plugin_custom_ops_t(ops: { architecture, count in
        let list = ArchitectureBox.of(architecture).customOpList
        count!.pointee = Int64(list.count)
        return list.baseAddress
    })
}

/// A model of the plugin's, behind the host's opaque pointer.
private final class ModelBox {
    let model: any ArchitectureDescriptor

    init(_ model: any ArchitectureDescriptor) {
        self.model = model
    }

    static func of(_ pointer: OpaquePointer?) -> ModelBox {
        Unmanaged<ModelBox>.fromOpaque(UnsafeRawPointer(pointer!)).takeUnretainedValue()
    }
}
