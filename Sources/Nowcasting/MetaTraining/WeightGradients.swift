/// The gradients of all weight matrices that one sample meets.
final class WeightGradients {
    private var sums: [WeightView: WeightGradient] = [:]

    func sum(of view: WeightView) -> WeightGradient {
        if let sum = sums[view] { return sum }
        let sum = WeightGradient(view)
        sums[view] = sum
        return sum
    }

    /// In the order of the views, as parts of one matrix overlap: a dictionary's own order changes from process to
    /// process.
    func flush(to gradient: UnsafeMutablePointer<Double>) {
        let ordered = sums.sorted {
            ($0.key.offset, $0.key.inputs, $0.key.outputs) < ($1.key.offset, $1.key.inputs, $1.key.outputs)
        }
        for (_, sum) in ordered { sum.flush(to: gradient) }
    }
}
