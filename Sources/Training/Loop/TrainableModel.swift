import Foundation
import NeuralGraphs
import PluginHost
import Tensors

/// What the loop needs of a model: its parameters, how they start, and its forward pass.
public struct TrainableModel {
    public struct Buffer: Sendable, Equatable {
        public let name: String
        public let shape: [Int]
        /// Float32 values of a fresh model, row-major.
        public let values: [Float]

        public init(name: String, shape: [Int], values: [Float]) {
            self.name = name
            self.shape = shape
            self.values = values
        }
    }

    /// The config as JSON text with sorted keys: equal texts, equal models.
    public let configuration: String
    public let parameters: ParameterList
    /// All parameters end to end for a seed.
    public let initialParameters: (_ seed: UInt64) -> [Float]
    /// Tensors that the forward pass keeps up by itself, such as running statistics.
    public let initialBuffers: (_ seed: UInt64) -> [Buffer]
    /// The forward pass for inputs of these types; outputs `logits` and, with `labels` among the inputs, `loss`.
    public let trace: (_ inputs: [String: ValueType]) throws -> Program

    public init(
        configuration: String, parameters: ParameterList, initialParameters: @escaping (UInt64) -> [Float],
        initialBuffers: @escaping (UInt64) -> [Buffer] = { _ in [] },
        trace: @escaping ([String: ValueType]) throws -> Program
    ) {
        self.configuration = configuration
        self.parameters = parameters
        self.initialParameters = initialParameters
        self.initialBuffers = initialBuffers
        self.trace = trace
    }

    /// Between a config and the name of the weights that runs start from.
    static let startMark = " from "

    /// The same model, with weights that every seed starts from.
    ///
    /// - Parameters:
    ///   - weights: all parameters end to end.
    ///   - buffers: by name; fresh ones for names that are not there.
    ///   - name: where they come from; runs that start elsewhere are others.
    public func starting(from weights: [Float], buffers: [String: [Float]] = [:], name: String) -> TrainableModel {
        precondition(weights.count == parameters.count, "\(weights.count) weights for \(parameters.count)")
        return TrainableModel(
            configuration: configuration + Self.startMark + name, parameters: parameters,
            initialParameters: { _ in weights },
            initialBuffers: { [initialBuffers] seed in
                initialBuffers(seed).map { fresh in
                    Buffer(name: fresh.name, shape: fresh.shape, values: buffers[fresh.name] ?? fresh.values)
                }
            }, trace: trace)
    }

    /// A model of a plugin.
    public init(_ model: Model) {
        let shapes = Dictionary(uniqueKeysWithValues: model.description.buffers.map { ($0.name, $0.shape) })
        self.init(
            configuration: canonicalJSON(model.configuration.json), parameters: model.parameters,
            initialParameters: { model.initialParameters(seed: $0) },
            initialBuffers: { seed in
                model.initialBuffers(seed: seed).sorted { $0.key < $1.key }
                    .map { Buffer(name: $0.key, shape: shapes[$0.key] ?? [$0.value.count], values: $0.value) }
            },
            trace: { try model.trace(inputs: $0) })
    }
}

/// The same JSON value with sorted keys and without spaces; text that is no JSON stays as it is.
private func canonicalJSON(_ text: String) -> String {
    guard let value = try? JSONSerialization.jsonObject(with: Data(text.utf8)),
        let data = try? JSONSerialization.data(withJSONObject: value, options: [.sortedKeys, .withoutEscapingSlashes])
    else { return text }
    return String(decoding: data, as: UTF8.self)
}
