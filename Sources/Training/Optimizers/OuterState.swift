import Nowcasting
import Tensors

/// What outer steps add to the state of the optimizer that they wrap.
enum OuterState {
    static let counter = "outer_step"

    /// Vectors that are empty, as before the first update, are left out.
    static func saved(_ base: SavedOptimizerState, vectors: [String: [Float]], updates: Int) -> SavedOptimizerState {
        var state = base
        for (name, values) in vectors where !values.isEmpty {
            state.tensors["outer_" + name] = Tensor(shape: [values.count], values: values)
        }
        state.counters[counter] = updates
        return state
    }

    /// - Parameter count: number of weights.
    /// - Throws: `NowcastError.savedTensorMissing`, `savedTensorShape`.
    static func vector(_ name: String, _ state: SavedOptimizerState, count: Int) throws(NowcastError) -> [Float] {
        state.counters[counter] == 0 ? [] : try state.tensor("outer_" + name, count: count).array
    }
}
