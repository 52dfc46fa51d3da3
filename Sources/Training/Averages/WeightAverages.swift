import Nowcasting
import Tensors

/// The averages of a run that are judged beside its weights. The training itself does not know of them.
struct WeightAverages {
    private var exponential: [(decay: Double, values: [Float])]
    private var latest: [(count: Int, average: LatestWeightsAverage)]
    private var updates = 0

    /// - Parameter kinds: each at most once.
    init(_ kinds: [AverageKind], initial weights: Tensor) {
        exponential = []
        latest = []
        for kind in kinds {
            switch kind {
            case .exponential(let decay): exponential.append((decay, weights.array))
            case .latest(let count): latest.append((count, LatestWeightsAverage(count: count)))
            }
        }
    }

    /// To be called after every update.
    mutating func record(_ weights: Tensor) {
        updates += 1
        for index in exponential.indices {
            // A young average forgets its start sooner, as TensorFlow's ExponentialMovingAverage with `num_updates`.
            let decay = min(exponential[index].decay, Double(1 + updates) / Double(10 + updates))
            let share = Float(1 - decay)
            for i in weights.values.indices {
                exponential[index].values[i] += share * (weights.values[i] - exponential[index].values[i])
            }
        }
        for index in latest.indices { latest[index].average.record(weights, update: updates) }
    }

    /// Every average there is by now.
    var weights: [(kind: AverageKind, values: [Float])] {
        exponential.map { (.exponential(decay: $0.decay), $0.values) }
            + latest.compactMap { item in item.average.mean.map { (.latest(count: item.count), $0) } }
    }

    /// Names as in a checkpoint: `average.ema:0.99`, `average.lawa:8.0` …
    func save(into state: inout SavedOptimizerState) {
        for item in exponential {
            state.tensors[Self.key(.exponential(decay: item.decay))] = Tensor(
                shape: [item.values.count], values: item.values)
        }
        for item in latest { item.average.save(into: &state, as: Self.key(.latest(count: item.count))) }
        if !(exponential.isEmpty && latest.isEmpty) { state.counters["average.updates"] = updates }
    }

    /// - Throws: `NowcastError` for what is missing or of another size.
    mutating func restore(_ state: SavedOptimizerState, count: Int) throws(NowcastError) {
        guard !(exponential.isEmpty && latest.isEmpty) else { return }
        for index in exponential.indices {
            let key = Self.key(.exponential(decay: exponential[index].decay))
            exponential[index].values = try state.tensor(key, count: count).array
        }
        for index in latest.indices {
            let key = Self.key(.latest(count: latest[index].count))
            try latest[index].average.restore(state, as: key, count: count)
        }
        updates = try state.counter("average.updates")
    }

    private static func key(_ kind: AverageKind) -> String { "average.\(kind.name)" }
}
