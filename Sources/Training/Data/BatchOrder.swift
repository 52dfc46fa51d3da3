import Tensors

/// Which training examples make up the batch of each step.
///
/// - In epochs: each is a fresh permutation that the seed decides, cut into batches, the last of which may be smaller.
/// - Independent: each example of a batch is drawn anew from all.
///
/// A step's batch is a function of the seed and the step alone. So a resumed run needs no stored state, and runs with
/// different nowcasters see the same batch at the same step (a nowcast step trains on none).
struct BatchOrder {
    let exampleCount: Int
    let batchSize: Int
    let seed: UInt64
    let order: ExampleOrder
    private var epoch: Int?
    private var permutation: [Int] = []

    init(exampleCount: Int, batchSize: Int, seed: UInt64, order: ExampleOrder) {
        self.exampleCount = exampleCount
        self.batchSize = batchSize
        self.seed = seed
        self.order = order
    }

    var batchesPerEpoch: Int {
        (exampleCount + batchSize - 1) / batchSize
    }

    /// - Parameter step: completed steps before this one.
    mutating func batch(atStep step: Int) -> ArraySlice<Int> {
        switch order {
        case .epochs:
            return batchOfEpoch(atStep: step)
        case .independent:
            var random = SeededRandom(seed: seed, purpose: .shuffling, index: UInt64(step))
            return (0..<batchSize).map { _ in random.integer(below: exampleCount) }[...]
        }
    }

    private mutating func batchOfEpoch(atStep step: Int) -> ArraySlice<Int> {
        let wanted = step / batchesPerEpoch
        if epoch != wanted {
            var random = SeededRandom(seed: seed, purpose: .shuffling, index: UInt64(wanted))
            permutation = random.permutation(exampleCount)
            epoch = wanted
        }
        let start = step % batchesPerEpoch * batchSize
        return permutation[start..<min(start + batchSize, exampleCount)]
    }
}
