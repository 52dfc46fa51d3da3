import PluginHost
import Tensors

extension Model {
    /// Sizes of batch and text; the later ones for models that take no short text.
    private static var traceSizes: [(Int, Int)] { [(2, 3), (4, 7), (8, 13), (16, 29), (32, 61)] }

    /// The forward pass at two sizes of batch and text, so that no size stands for another by accident; or at one of
    /// them, where the model refuses the other.
    /// - Throws: what tracing throws if all are refused.
    func traces() throws -> [Program] {
        var failure: (any Error)?
        var single: [Program] = []
        for size in Self.traceSizes {
            var programs: [Program] = []
            for (batch, length) in [size, (size.1, size.0)] {
                do {
                    programs.append(try trace(inputs: inputTypes(batch: batch, length: length)).slicingFirst())
                } catch {
                    failure = failure ?? error
                }
            }
            if programs.count == 2 { return programs }
            if single.isEmpty { single = programs }
        }
        if let failure, single.isEmpty { throw failure }
        return single
    }
}
