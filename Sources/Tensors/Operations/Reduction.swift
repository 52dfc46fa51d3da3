/// Mean, sum, largest or smallest over some axes; what `mean` and `reduce` share.
struct Reduction {
    enum Function: String, CaseIterable { case mean, sum, max, min }

    let function: Function
    let axes: Set<Int>
    let keepAxes: Bool

    static let attributeNames = ["axes", "keepAxes"]

    init(_ function: Function, _ attributes: OperationAttributes, of operation: String) throws(TensorError) {
        self.function = function
        let list = try attributes.integers("axes")
        axes = Set(list)
        keepAxes = try attributes.flag("keepAxes", default: false)
        guard !list.isEmpty, axes.count == list.count, list.allSatisfy({ $0 >= 0 }) else {
            throw .attributeValue(operation: operation, name: "axes", expected: "distinct axes", found: "\(list)")
        }
    }

    fileprivate func value(_ start: UnsafePointer<Float>, _ offsets: [Int]) -> Float {
        switch function {
        case .sum: Float(offsets.reduce(0.0) { $0 + Double(start[$1]) })
        case .mean: Float(offsets.reduce(0.0) { $0 + Double(start[$1]) } / Double(offsets.count))
        case .max, .min: start[chosen(start, offsets)]
        }
    }

    /// How far the first of the largest, or smallest, lies.
    fileprivate func chosen(_ start: UnsafePointer<Float>, _ offsets: [Int]) -> Int {
        var best = offsets[0]
        for offset in offsets.dropFirst() {
            if function == .max ? start[offset] > start[best] : start[offset] < start[best] { best = offset }
        }
        return best
    }
}

/// An operation that is a reduction.
protocol ReducingOperation: RegisteredOperation {
    var reduction: Reduction { get }
}

extension ReducingOperation {
    func outputShape(inputs: [ValueType]) throws(TensorError) -> [Int] {
        try requireFloats(inputs, count: 1...1)
        let (shape, axes) = (inputs[0].shape, reduction.axes)
        try require(axes.max()! < shape.count, inputs, 0, "more than \(axes.max()!) axes")
        return shape.indices.compactMap { axes.contains($0) ? (reduction.keepAxes ? 1 : nil) : shape[$0] }
    }

    func axisFlow(inputs: [ValueType]) -> AxisFlow {
        var flow = AxisFlowBuilder()
        let indices = flow.indices(inputs[0].shape).map { [[$0]] }
        let kept = indices.indices.compactMap {
            reduction.axes.contains($0) ? (reduction.keepAxes ? [[]] : nil) : indices[$0]
        }
        return flow.make([indices], kept)
    }

    func forward(_ inputs: [Value], into output: Tensor, context: OperationContext) throws(TensorError) {
        let x = inputs[0].floats
        let places = ReducedPlaces(x.shape, axes: reduction.axes)
        Parallel.forEachRange(places.kept.count, tile: rowTile(columns: places.reduced.count)) { range in
            for index in range {
                output.address[index] = reduction.value(x.address + places.kept[index], places.reduced)
            }
        }
    }

    func pullback(
        _ gradient: Tensor, output: Tensor, inputs: [Value], into targets: [GradientTarget?], context: OperationContext
    ) throws(TensorError) {
        guard let target = targets[0] else { return }
        let x = inputs[0].floats
        let places = ReducedPlaces(x.shape, axes: reduction.axes)
        target.addNothing()
        Parallel.forEachRange(places.kept.count, tile: rowTile(columns: places.reduced.count)) { range in
            for index in range {
                let (start, value) = (places.kept[index], gradient.address[index])
                let dx = target.address + start
                switch reduction.function {
                case .sum: for offset in places.reduced { dx[offset] += value }
                case .mean: for offset in places.reduced { dx[offset] += value / Float(places.reduced.count) }
                case .max, .min: dx[reduction.chosen(x.address + start, places.reduced)] += value
                }
            }
        }
    }
}
