import Tensors

/// The weights of a layout with what is folded from them.
struct FoldedWeights: Sendable {
    let layout: WeightLayout
    private(set) var doubles: [Double]
    /// The same rounded, each once: what kernels and products take.
    let values: Tensor

    init(_ layout: WeightLayout) {
        self.layout = layout
        doubles = [Double](repeating: 0, count: layout.count)
        values = Tensor(shape: [layout.count])
    }

    init(_ network: NowcastNetwork) {
        self.init(network.shape.weightLayout)
        network.weights.withUnsafeBufferPointer { fold($0.baseAddress!) }
    }

    /// - Parameter weights: the layout's tensors end to end.
    mutating func fold(_ weights: UnsafePointer<Float>) {
        doubles.withUnsafeMutableBufferPointer { doubles in
            for index in 0..<layout.tensorCount { doubles[index] = Double(weights[index]) }
            for fold in layout.folds { fold.run(doubles.baseAddress!) }
        }
        for index in doubles.indices { values.values[index] = Float(doubles[index]) }
    }

    subscript(view: WeightView) -> UnsafePointer<Float> { self[view.offset] }
    subscript(offset: Int) -> UnsafePointer<Float> { UnsafePointer(values.address + offset) }
}
