import Nowcasting
import Tensors

/// The last states of a run, `interval` updates apart; their mean is what LAWA evaluates.
struct LatestWeightsAverage {
    static let interval = 50

    private let count: Int
    /// Oldest first.
    private var states: [[Float]] = []

    init(count: Int) { self.count = count }

    mutating func record(_ weights: Tensor, update: Int) {
        guard update % Self.interval == 0 else { return }
        if states.count == count { states.removeFirst() }
        states.append(weights.array)
    }

    /// Nil before the first state.
    var mean: [Float]? {
        guard let first = states.first else { return nil }
        var sums = first.map(Double.init)
        for state in states.dropFirst() {
            for i in sums.indices { sums[i] += Double(state[i]) }
        }
        return sums.map { Float($0 / Double(states.count)) }
    }

    func save(into state: inout SavedOptimizerState, as name: String) {
        for (index, values) in states.enumerated() {
            state.tensors["\(name).\(index)"] = Tensor(shape: [values.count], values: values)
        }
        state.counters["\(name).states"] = states.count
    }

    mutating func restore(_ state: SavedOptimizerState, as name: String, count size: Int) throws(NowcastError) {
        var states: [[Float]] = []
        for index in 0..<(try state.counter("\(name).states")) {
            states.append(try state.tensor("\(name).\(index)", count: size).array)
        }
        self.states = states
    }
}
