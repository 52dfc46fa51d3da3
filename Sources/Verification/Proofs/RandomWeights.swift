import PluginHost
import Tensors

/// Weights for proofs: everything random, norms and biases too, so that no permutation is invisible because it moves
/// equal numbers.
public struct RandomWeights {
    /// All parameters end to end.
    public let parameters: [Float]
    /// Float buffers by name.
    public let buffers: [String: [Float]]

    /// - Parameters:
    ///   - isQuick: uniform numbers of the same deviations, ten times as fast: for hundreds of millions.
    ///   - gain: how much larger than usual matrices are.
    public init(_ model: Model, isQuick: Bool = false, gain: Float = 1, using random: inout SeededRandom) {
        var parameters: [Float] = []
        parameters.reserveCapacity(model.parameters.count)
        for entry in model.parameters.entries {
            // Activations stay of order one whichever way a matrix is stored: the fourth root of a matrix's size is the
            // root of a side. A little more makes attention choose, so that queries and keys matter.
            let deviation = entry.shape.count < 2 ? 0.7 : gain * 1.5 / Float(entry.count).squareRoot().squareRoot()
            if isQuick {
                let bound = Float(3).squareRoot() * deviation
                for _ in 0..<entry.count { parameters.append(random.uniform(in: -bound...bound)) }
            } else {
                for _ in 0..<entry.count { parameters.append(random.normal(standardDeviation: deviation)) }
            }
        }
        var buffers: [String: [Float]] = [:]
        for buffer in model.description.buffers where buffer.elementType == .float32 {
            // Positive, since a buffer may be a variance.
            buffers[buffer.name] = (0..<buffer.shape.reduce(1, *)).map { _ in random.uniform(in: 0.5...1.5) }
        }
        (self.parameters, self.buffers) = (parameters, buffers)
    }
}
