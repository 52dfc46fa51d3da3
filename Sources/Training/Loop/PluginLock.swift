import Foundation

/// Asks plugins for one thing at a time. A class, so that a model's trace can hold on to it.
final class PluginLock: Sendable {
    private let lock = NSLock()

    func callAsFunction<Result>(_ body: () throws -> Result) rethrows -> Result {
        try lock.withLock(body)
    }

    /// The same model, whose traces wait for their turn.
    func guarding(_ model: TrainableModel) -> TrainableModel {
        TrainableModel(
            configuration: model.configuration, parameters: model.parameters,
            initialParameters: model.initialParameters, initialBuffers: model.initialBuffers,
            trace: { inputs in try self { try model.trace(inputs) } })
    }
}
