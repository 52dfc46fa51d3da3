import PluginHost
import Tensors

extension Model {
    /// The forward pass at two sizes of batch and text, so that no size stands for another by accident; or at one of
    /// them, where the model refuses the other.
    /// - Throws: what tracing throws if both are refused.
    func traces() throws -> [Program] {
        let sizes = [(batch: 2, length: 3), (batch: 3, length: 2)]
        let results = sizes.map { size in
            Result { try trace(inputs: inputTypes(batch: size.batch, length: size.length)) }
        }
        let programs = results.compactMap { try? $0.get().slicingFirst() }
        return programs.isEmpty ? [try results[0].get().slicingFirst()] : programs
    }
}
