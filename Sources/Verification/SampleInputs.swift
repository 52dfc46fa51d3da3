import PluginHost
import Tensors

/// Random inputs that a model accepts, whatever it asks for.
///
/// Floats are standard normal. Integers stay below what reads them: the rows of a table, the classes of a loss.
public struct SampleInputs {
    public let values: [String: Value]

    public var types: [String: ValueType] { values.mapValues(\.type) }

    /// - Parameters:
    ///   - batch: examples.
    ///   - length: positions of a text; other sizes where the model refuses these (`inputTypes(near:length:)`).
    /// - Throws: what tracing the model throws.
    public init(_ model: Model, batch: Int = 3, length: Int = 5, using random: inout SeededRandom) throws {
        let program = try model.trace(inputs: model.inputTypes(near: batch, length: length))
        var values: [String: Value] = [:]
        for name in program.inputNames {
            guard let id = program.value(named: name) else { continue }
            let type = try program.type(of: id)
            let count = type.shape.reduce(1, *)
            switch type.elementType {
            case .float32:
                values[name] = .float(Tensor(shape: type.shape, values: (0..<count).map { _ in random.normal() }))
            case .int64:
                let bound = program.integerBound(ofInput: name) ?? 2
                values[name] = .integer(
                    IntegerTensor(
                        shape: type.shape, values: (0..<count).map { _ in Int64(random.integer(below: bound)) }))
            }
        }
        self.values = values
    }
}
