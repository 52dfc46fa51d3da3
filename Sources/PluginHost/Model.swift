import CNinoPlugin
import NeuralGraphs
import Tensors

/// An architecture with one config, ready to be drawn, traced and seen as a graph.
public final class Model: @unchecked Sendable {
    public let architecture: Architecture
    public let configuration: ModelConfiguration
    public let description: ModelDescription
    /// Trained tensors end to end, in `named_parameters()` order.
    public let parameters: ParameterList

    private let pointer: OpaquePointer

    /// - Throws: `configurationRefused` naming the key, `malformedCustomOp`, `pluginFailed`, `refused`.
    public init(architecture: Architecture, configuration: ModelConfiguration) throws(PluginHostError) {
        _ = try architecture.customFunctions.get()
        var made: OpaquePointer?
        let call = DescribeCall()
        try call.run("create_model", of: architecture, file: configuration.file) {
            architecture.descriptor.create_model(architecture.pointer, configuration.handle, &made, &$0)
        }
        guard let made else {
            throw .malformedArchitecture(
                plugin: architecture.plugin, field: "create_model", expected: "a model, found NULL")
        }
        self.architecture = architecture
        self.configuration = configuration
        pointer = made
        do throws(PluginHostError) {
            var table = call.table
            try call.run("describe", of: architecture, file: configuration.file) {
                architecture.descriptor.describe(architecture.pointer, made, &table, &$0)
            }
            guard !call.description.parameters.isEmpty else {
                throw PluginHostError.refused(
                    plugin: architecture.plugin, function: "describe",
                    message: "expected at least one parameter, found none")
            }
        } catch {
            architecture.destroy(made)
            throw error
        }
        description = call.description
        parameters = ParameterList(call.description.parameters.map { ($0.name, $0.shape) })
    }

    deinit {
        architecture.destroy(pointer)
    }

    /// The neural graph of the plugin's constructor.
    /// - Throws: `extensionAbsent` if the plugin has none, `pluginFailed`, `refused` with the first structural rule it
    ///   breaks.
    public func constructedGraph() throws(PluginHostError) -> NeuralGraph {
        guard let extensionTable = architecture.graph else {
            throw .extensionAbsent(
                plugin: architecture.plugin, extensionID: NINO_EXTENSION_NEURAL_GRAPH, needed: "a neural graph")
        }
        let call = ConstructCall(groups: description.groups, parameters: parameters)
        var table = call.table
        try call.run("construct", of: architecture, file: configuration.file) {
            extensionTable.construct(architecture.pointer, pointer, &table, &$0)
        }
        do {
            return try call.graph()
        } catch {
            throw .refused(plugin: architecture.plugin, function: "construct", message: error.description)
        }
    }

    /// The forward pass for inputs of these types: outputs `logits`, and `loss` when `labels` are among them.
    /// - Throws: `extensionAbsent`, `configurationRefused` if an input is missing or of another shape, `pluginFailed`,
    ///   `refused`.
    public func trace(inputs: [String: ValueType]) throws(PluginHostError) -> Program {
        let program = try trace(.given(inputs))
        let wanted = inputs["labels"] == nil ? ["logits"] : ["logits", "loss"]
        for output in wanted where !program.outputNames.contains(output) {
            throw .refused(
                plugin: architecture.plugin, function: "trace", message: "output \"\(output)\": expected, found none")
        }
        return program
    }

    /// Types of all inputs the forward pass asks for, `labels` among them.
    /// - Parameters:
    ///   - batch: size of a first axis that the plugin leaves open.
    ///   - length: size of any other axis it leaves open: positions of a text.
    /// - Throws: as `trace(inputs:)`; `configurationRefused` also for a `length` that is more than the model takes.
    public func inputTypes(batch: Int, length: Int) throws(PluginHostError) -> [String: ValueType] {
        let program = try trace(.open(batch: batch, length: length))
        var types: [String: ValueType] = [:]
        for name in program.inputNames {
            types[name] = program.value(named: name).flatMap { try? program.type(of: $0) }
        }
        return types
    }

    /// Traced twice: what is differentiated, verified and trained must be the same each time it is asked for.
    private func trace(_ inputs: TraceCall.Inputs) throws(PluginHostError) -> Program {
        let (first, second) = (try traceOnce(inputs), try traceOnce(inputs))
        guard first.transcript == second.transcript else {
            throw .refused(
                plugin: architecture.plugin, function: "trace",
                message: "expected the same forward pass whenever it is asked for, found another the second time")
        }
        return first.program
    }

    private func traceOnce(_ inputs: TraceCall.Inputs) throws(PluginHostError) -> TraceCall {
        guard let extensionTable = architecture.forward else {
            throw .extensionAbsent(
                plugin: architecture.plugin, extensionID: NINO_EXTENSION_FORWARD, needed: "a forward pass")
        }
        let call = TraceCall(
            description: description, inputs: inputs, customFunctions: try architecture.customFunctions.get())
        var table = call.table
        try call.run("trace", of: architecture, file: configuration.file) {
            extensionTable.trace(architecture.pointer, pointer, &table, &$0)
        }
        return call
    }

    /// Weights of a fresh model, all parameters end to end, drawn from the seed.
    public func initialParameters(seed: UInt64) -> [Float] {
        var generator = SeededRandom(seed: seed, purpose: .initialWeights)
        return description.parameters.flatMap { draw($0, from: &generator) }
    }

    /// Values of the float32 buffers of a fresh model, by name.
    public func initialBuffers(seed: UInt64) -> [String: [Float]] {
        var generator = SeededRandom(seed: seed, purpose: .initialWeights, index: 1)
        let floats = description.buffers.filter { $0.elementType == .float32 }
        return Dictionary(uniqueKeysWithValues: floats.map { ($0.name, draw($0, from: &generator)) })
    }

    private func draw(_ tensor: ModelDescription.StoredTensor, from generator: inout SeededRandom) -> [Float] {
        let count = tensor.shape.reduce(1, *)
        switch tensor.initialization {
        case .constant(let value):
            return [Float](repeating: Float(value), count: count)
        case .uniform(let low, let high):
            return (0..<count).map { _ in generator.uniform(in: Float(low)...Float(high)) }
        case .normal(let mean, let deviation):
            return (0..<count).map { _ in generator.normal(mean: Float(mean), standardDeviation: Float(deviation)) }
        case .truncatedNormal(let mean, let deviation):
            let bounds = Float(mean - 2 * deviation)...Float(mean + 2 * deviation)
            return (0..<count).map { _ in
                generator.truncatedNormal(mean: Float(mean), standardDeviation: Float(deviation), in: bounds)
            }
        }
    }
}
