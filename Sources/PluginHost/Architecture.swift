import CNinoPlugin
import Tensors

/// One architecture of a plugin: its tables, checked once.
public final class Architecture: @unchecked Sendable {
    /// Id of the plugin it came from.
    public let plugin: String
    /// The library it lies in.
    public let file: String
    /// The values of `model_type` it recognizes.
    public let modelTypes: [String]
    /// Small configs as JSON, on which its claims are proven.
    public let sampleConfigurations: [String]
    public var hasNeuralGraph: Bool { graph != nil }
    public var hasForwardPass: Bool { forward != nil }

    let pointer: UnsafeMutablePointer<nino_architecture_t>
    let descriptor: nino_plugin_descriptor_t
    let graph: nino_plugin_neural_graph_t?
    let forward: nino_plugin_forward_t?
    /// By name. A mistake in one of them does not hide the plugin: whoever makes a model is told.
    let customFunctions: Result<[String: CustomFunctions], PluginHostError>

    /// - Throws: `malformedArchitecture` naming the table or function that is missing.
    init(_ pointer: UnsafeMutablePointer<nino_architecture_t>, plugin: String, file: String) throws(PluginHostError) {
        guard let extensions = pointer.pointee.get_extension, pointer.pointee.destroy != nil else {
            throw .malformedArchitecture(
                plugin: plugin, field: "nino_architecture_t", expected: "functions, found NULL")
        }
        func table<Table>(_ id: String, as type: Table.Type) -> Table? {
            PluginCall.run("get_extension", of: plugin) { extensions(pointer, id) }?.load(as: Table.self)
        }
        guard let descriptor = table(NINO_EXTENSION_DESCRIPTOR, as: nino_plugin_descriptor_t.self) else {
            throw .malformedArchitecture(
                plugin: plugin, field: NINO_EXTENSION_DESCRIPTOR, expected: "a table, found NULL")
        }
        graph = table(NINO_EXTENSION_NEURAL_GRAPH, as: nino_plugin_neural_graph_t.self)
        forward = table(NINO_EXTENSION_FORWARD, as: nino_plugin_forward_t.self)
        if let missing = Self.missingFunction(descriptor, graph, forward) {
            throw .malformedArchitecture(plugin: plugin, field: missing, expected: "a function, found NULL")
        }
        guard let types = texts(PluginCall.run("model_types", of: plugin) { descriptor.model_types(pointer) }),
            types.allSatisfy({ $0 == $0.onOneLine() })
        else {
            throw .malformedArchitecture(
                plugin: plugin, field: "model_types", expected: "a NULL-terminated list of lines of text")
        }
        let samples: [String]? =
            if let function = descriptor.sample_configs {
                texts(PluginCall.run("sample_configs", of: plugin) { function(pointer) })
            } else { [] }
        guard let samples else {
            throw .malformedArchitecture(
                plugin: plugin, field: "sample_configs", expected: "a NULL-terminated list of texts")
        }
        let customOps = table(NINO_EXTENSION_CUSTOM_OPS, as: nino_plugin_custom_ops_t.self)
        customFunctions = Result { () throws(PluginHostError) in
            try CustomFunctions.read(customOps, of: pointer, plugin: plugin)
        }
        self.pointer = pointer
        (self.plugin, self.file) = (plugin, file)
        self.descriptor = descriptor
        modelTypes = types
        sampleConfigurations = samples
    }

    /// The first function that a table must hold and does not, behind the table's name.
    private static func missingFunction(
        _ descriptor: nino_plugin_descriptor_t, _ graph: nino_plugin_neural_graph_t?, _ forward: nino_plugin_forward_t?
    ) -> String? {
        let functions: [(table: String, name: String, isThere: Bool)] = [
            (NINO_EXTENSION_DESCRIPTOR, "model_types", descriptor.model_types != nil),
            (NINO_EXTENSION_DESCRIPTOR, "recognize", descriptor.recognize != nil),
            (NINO_EXTENSION_DESCRIPTOR, "create_model", descriptor.create_model != nil),
            (NINO_EXTENSION_DESCRIPTOR, "destroy_model", descriptor.destroy_model != nil),
            (NINO_EXTENSION_DESCRIPTOR, "describe", descriptor.describe != nil),
            (NINO_EXTENSION_NEURAL_GRAPH, "construct", graph == nil || graph?.construct != nil),
            (NINO_EXTENSION_FORWARD, "trace", forward == nil || forward?.trace != nil),
        ]
        return functions.first { !$0.isThere }.map { "\($0.table): \($0.name)" }
    }

    /// How sure the plugin is that the config is of this architecture, 0 … 100.
    func score(_ configuration: ModelConfiguration) -> Int {
        min(
            100,
            max(0, Int(PluginCall.run("recognize", of: plugin) { descriptor.recognize(pointer, configuration.handle) }))
        )
    }

    /// Gives a model back to the plugin.
    func destroy(_ model: OpaquePointer) {
        PluginCall.run("destroy_model", of: plugin) { descriptor.destroy_model(pointer, model) }
    }

    /// The signatures of its custom ops, in alphabetical order.
    /// - Throws: `malformedArchitecture`, `malformedCustomOp`.
    public func customOperations() throws(PluginHostError) -> [CustomOperationSignature] {
        try customFunctions.get().values.map(\.signature).sorted { $0.name < $1.name }
    }

    /// One of its custom ops, by its name without `custom.`; nil if there is none.
    /// - Throws: `malformedArchitecture`, `malformedCustomOp`; for the attributes `unknownAttribute`,
    ///   `missingAttribute`, `attributeType`, `attributeValue` of `TensorError`.
    public func customOperation(_ name: String, _ attributes: [String: OpAttribute] = [:]) throws -> (any Operation)? {
        guard let functions = try customFunctions.get()[name] else { return nil }
        return try CustomOperation(functions, attributes)
    }
}
