import Nowcasting
import Tensors

/// What a run keeps every so many steps: its weights, and the mean of the weights over the steps since the time before.
struct KeptStates {
    /// Steps from one to the next.
    let interval: Int
    private var mean = StateAccumulator(.mean)
    /// The newest step that is in the mean; -1 for none.
    private var newest = -1

    private static var meanName: String { "kept.mean" }
    private static var countName: String { "kept.count" }
    private static var newestName: String { "kept.newest_step" }

    init(interval: Int) {
        self.interval = interval
    }

    /// Takes the weights after a step; a second time changes nothing.
    ///
    /// - Returns: if it is their turn to be kept, the mean that ends with them, shape [weights]. That of the first step
    ///   of all is they themselves.
    mutating func add(_ weights: Tensor, step: Int) -> Tensor? {
        guard step > newest else { return nil }
        newest = step
        mean.add(weights)
        guard step.isMultiple(of: interval) else { return nil }
        defer { mean = StateAccumulator(.mean) }
        return mean.state(weights)
    }

    func save(into saved: inout SavedOptimizerState) {
        guard newest >= 0 else { return }
        saved.counters[Self.newestName] = newest
        saved.counters[Self.countName] = mean.count
        guard mean.count > 0 else { return }
        saved.tensors[Self.meanName] = Tensor(shape: [mean.mean.count], values: mean.mean)
    }

    /// Goes on with the mean under way. One that was not saved, as nothing was kept then, begins with the next step.
    ///
    /// - Throws: `savedNumber`, `savedTensorMissing`, `savedTensorShape`.
    mutating func restore(_ saved: SavedOptimizerState, count size: Int) throws(NowcastError) {
        guard saved.counters[Self.newestName] != nil else { return }
        newest = try saved.counter(Self.newestName)
        let count = try saved.counter(Self.countName)
        guard count > 0 else { return }
        mean = StateAccumulator(.mean, mean: try saved.tensor(Self.meanName, count: size).array, count: count)
    }
}
