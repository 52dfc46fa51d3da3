/// Sum, largest or smallest over some axes.
///
/// Input: x. Output: x's shape without the axes, or with 1 in their places. Of equals the first has the gradient.
/// Attributes `function` (text: sum, max, min), `axes` (integers, distinct), `keepAxes` (0 or 1, default 0).
struct Reduce: RegisteredOperation {
    static let name = "reduce"
    static let attributeNames = ["function", "axes", "keepAxes"]

    private enum Function: String, CaseIterable { case sum, max, min }

    private let function: Function
    private let axes: Set<Int>
    private let keepAxes: Bool

    init(_ attributes: OperationAttributes) throws(TensorError) {
        function = try attributes.choice("function")
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
        Parallel.forEachRange(places.kept.count, tile: rowTile(columns: places.reduced.count)) { range in
            for index in range {
                let start = x.address + places.kept[index]
                output.address[index] =
                    function == .sum
                    ? Float(places.reduced.reduce(0.0) { $0 + Double(start[$1]) })
                    : start[chosen(start, places.reduced)]
            }
        }
    }

    func pullback(
        _ gradient: Tensor, output: Tensor, inputs: [Value], into targets: [GradientTarget?], context: OperationContext
    ) throws(TensorError) {
        guard let target = targets[0] else { return }
        let x = inputs[0].floats
        let places = ReducedPlaces(x.shape, axes: axes)
        target.addNothing()
        Parallel.forEachRange(places.kept.count, tile: rowTile(columns: places.reduced.count)) { range in
            for index in range {
                let dx = target.address + places.kept[index]
                if function == .sum {
                    for offset in places.reduced { dx[offset] += gradient.address[index] }
                } else {
                    dx[chosen(x.address + places.kept[index], places.reduced)] += gradient.address[index]
                }
            }
        }
    }

    /// How far the first of the largest, or smallest, lies.
    private func chosen(_ start: UnsafePointer<Float>, _ offsets: [Int]) -> Int {
        var best = offsets[0]
        for offset in offsets.dropFirst() {
            if function == .max ? start[offset] > start[best] : start[offset] < start[best] { best = offset }
        }
        return best
    }
}

/// Each position of an axis with all before it.
///
/// Input: x. Output: as x. Attribute `axis` (integer).
struct CumulativeSum: RegisteredOperation {
    static let name = "cumulativeSum"
    static let attributeNames = ["axis"]

    private let axis: Int

    init(_ attributes: OperationAttributes) throws(TensorError) {
        axis = try attributes.integer("axis")
    }

    func outputShape(inputs: [ValueType]) throws(TensorError) -> [Int] {
        try requireFloats(inputs, count: 1...1)
        try require(axis < inputs[0].shape.count, inputs, 0, "more than \(axis) axes")
        return inputs[0].shape
    }

    func axisFlow(inputs: [ValueType]) -> AxisFlow {
        var flow = AxisFlowBuilder()
        let indices = inputs[0].shape.enumerated().map {
            flow.index($1, $0 == axis ? .pinned("each position adds to those before it") : .free)
        }
        return flow.make([indices], indices)
    }

    func forward(_ inputs: [Value], into output: Tensor, context: OperationContext) throws(TensorError) {
        forEachLine(output.shape) { offsets in
            var sum = 0.0
            for offset in offsets {
                sum += Double(inputs[0].floats.address[offset])
                output.address[offset] = Float(sum)
            }
        }
    }

    func pullback(
        _ gradient: Tensor, output: Tensor, inputs: [Value], into targets: [GradientTarget?], context: OperationContext
    ) throws(TensorError) {
        guard let target = targets[0] else { return }
        forEachLine(output.shape) { offsets in
            var sum = 0.0
            for offset in offsets.reversed() {
                sum += Double(gradient.address[offset])
                target.add(Float(sum), at: offset)
            }
        }
    }

    private func forEachLine(_ shape: [Int], _ body: ([Int]) -> Void) {
        let places = ReducedPlaces(shape, axes: [axis])
        Parallel.forEachRange(places.kept.count, tile: rowTile(columns: places.reduced.count)) { range in
            for index in range { body(places.reduced.map { $0 + places.kept[index] }) }
        }
    }
}
