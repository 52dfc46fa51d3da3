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
