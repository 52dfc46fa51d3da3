import CKernels

/// Mean over some axes.
///
/// Input: x. Output: x's shape without the axes, or with 1 in their places.
/// Attributes `axes` (integers, distinct), `keepAxes` (integer 0 or 1, default 0).
struct Mean: RegisteredOperation {
    static let name = "mean"
    static let attributeNames = ["axes", "keepAxes"]

    private let axes: Set<Int>
    private let keepAxes: Bool

    init(_ attributes: OperationAttributes) throws(TensorError) {
        let list = try attributes.integers("axes")
        axes = Set(list)
        keepAxes = try attributes.flag("keepAxes", default: false)
        guard !list.isEmpty, axes.count == list.count, list.allSatisfy({ $0 >= 0 }) else {
            throw .attributeValue(operation: Self.name, name: "axes", expected: "distinct axes", found: "\(list)")
        }
    }

    func outputShape(inputs: [ValueType]) throws(TensorError) -> [Int] {
        try requireFloats(inputs, count: 1...1)
        let shape = inputs[0].shape
        try require(axes.max()! < shape.count, inputs, 0, "more than \(axes.max()!) axes")
        return shape.indices.compactMap { axes.contains($0) ? (keepAxes ? 1 : nil) : shape[$0] }
    }

    func axisFlow(inputs: [ValueType]) -> AxisFlow {
        var flow = AxisFlowBuilder()
        let indices = flow.indices(inputs[0].shape).map { [[$0]] }
        return flow.make(
            [indices], indices.indices.compactMap { axes.contains($0) ? (keepAxes ? [[]] : nil) : indices[$0] })
    }

    func forward(_ inputs: [Value], into output: Tensor, context: OperationContext) throws(TensorError) {
        let x = inputs[0].floats
        let places = ReducedPlaces(x.shape, axes: axes)
        let (kept, reduced) = (places.kept, places.reduced)
        Parallel.forEachRange(kept.count, tile: rowTile(columns: reduced.count)) { range in
            for index in range {
                let start = x.address + kept[index]
                output.address[index] = Float(reduced.reduce(0.0) { $0 + Double(start[$1]) } / Double(reduced.count))
            }
        }
    }

    func pullback(
        _ gradient: Tensor, output: Tensor, inputs: [Value], into targets: [GradientTarget?],
        context: OperationContext
    ) throws(TensorError) {
        guard let target = targets[0] else { return }
        let places = ReducedPlaces(inputs[0].floats.shape, axes: axes)
        let (kept, reduced) = (places.kept, places.reduced)
        Parallel.forEachRange(kept.count, tile: rowTile(columns: reduced.count)) { range in
            for index in range {
                let value = gradient.address[index] / Float(reduced.count)
                for offset in reduced { target.add(value, at: kept[index] + offset) }
            }
        }
    }
}

/// Mean over all spatial positions.
///
/// Input: x [n, channels, ...]. Output: [n, channels]. No attributes.
struct GlobalAveragePool: RegisteredOperation {
    static let name = "globalAveragePool"
    static let attributeNames: [String] = []

    init(_ attributes: OperationAttributes) throws(TensorError) {}

    func outputShape(inputs: [ValueType]) throws(TensorError) -> [Int] {
        try requireFloats(inputs, count: 1...1)
        try require(inputs[0].shape.count >= 3, inputs, 0, "[n, channels, ...]")
        return Array(inputs[0].shape[..<2])
    }

    func axisFlow(inputs: [ValueType]) -> AxisFlow {
        var flow = AxisFlowBuilder()
        let axes = flow.indices(inputs[0].shape)
        return flow.make([axes], Array(axes.prefix(2)))
    }

    func forward(_ inputs: [Value], into output: Tensor, context: OperationContext) throws(TensorError) {
        let x = inputs[0].floats
        let positions = x.count / output.count
        Parallel.forEachRange(output.count, tile: rowTile(columns: positions)) { range in
            for index in range {
                output.address[index] = Float(
                    nino_sum(x.address + index * positions, Int64(positions)) / Double(positions))
            }
        }
    }

    func pullback(
        _ gradient: Tensor, output: Tensor, inputs: [Value], into targets: [GradientTarget?],
        context: OperationContext
    ) throws(TensorError) {
        guard let target = targets[0] else { return }
        let positions = target.tensor.count / output.count
        Parallel.forEachRange(output.count, tile: rowTile(columns: positions)) { range in
            for index in range {
                let value = gradient.address[index] / Float(positions)
                let dx = target.address + index * positions
                if target.beta == 0 {
                    dx.update(repeating: value, count: positions)
                } else {
                    nino_add_scalar(value, dx, Int64(positions))
                }
            }
        }
    }
}
