/// The `count` largest of the last axis, largest first.
///
/// Input: x [..., n]. Output: [..., count]. Attribute `count` (integer, at most n).
struct TopK: RegisteredOperation {
    static let name = "topK"
    static let attributeNames = ["count"]

    private let selection: LargestFew

    init(_ attributes: OperationAttributes) throws(TensorError) {
        selection = try LargestFew(attributes)
    }

    func outputShape(inputs: [ValueType]) throws(TensorError) -> [Int] {
        try requireFloats(inputs, count: 1...1)
        let x = inputs[0].shape
        try require((x.last ?? 0) >= selection.count, inputs, 0, "[..., at least \(selection.count)]")
        return x.dropLast() + [selection.count]
    }

    func axisFlow(inputs: [ValueType]) -> AxisFlow {
        var flow = AxisFlowBuilder()
        let lead = flow.indices(inputs[0].shape.dropLast())
        let (n, rank) = (flow.index(inputs[0].shape.last!, .coupled), flow.index(selection.count, LargestFew.ranked))
        return flow.make([lead + [n]], lead + [rank])
    }

    func forward(_ inputs: [Value], into output: Tensor, context: OperationContext) throws(TensorError) {
        let x = inputs[0].floats
        selection.forEachRow(x) { row, start, places in
            for (rank, place) in places.enumerated() {
                output.address[row * selection.count + rank] = x.address[start + place]
            }
        }
    }

    func pullback(
        _ gradient: Tensor, output: Tensor, inputs: [Value], into targets: [GradientTarget?], context: OperationContext
    ) throws(TensorError) {
        guard let target = targets[0] else { return }
        target.addNothing()
        selection.forEachRow(inputs[0].floats) { row, start, places in
            for (rank, place) in places.enumerated() {
                target.address[start + place] += gradient.address[row * selection.count + rank]
            }
        }
    }
}

/// Values put at the places of the `count` largest of the last axis of another tensor; zeros elsewhere.
///
/// Inputs: x [..., n], which tells the places and has no gradient; values [..., count]. Output: as x.
/// Attribute `count` (integer, at most n).
struct TopKScatter: RegisteredOperation {
    static let name = "topKScatter"
    static let attributeNames = ["count"]

    private let selection: LargestFew

    init(_ attributes: OperationAttributes) throws(TensorError) {
        selection = try LargestFew(attributes)
    }

    func outputShape(inputs: [ValueType]) throws(TensorError) -> [Int] {
        try requireFloats(inputs, count: 2...2)
        let x = inputs[0].shape
        try require((x.last ?? 0) >= selection.count, inputs, 0, "[..., at least \(selection.count)]")
        let expected = Array(x.dropLast()) + [selection.count]
        try require(inputs[1].shape == expected, inputs, 1, "\(expected)")
        return x
    }

    func axisFlow(inputs: [ValueType]) -> AxisFlow {
        var flow = AxisFlowBuilder()
        let lead = flow.indices(inputs[0].shape.dropLast())
        let (n, rank) = (flow.index(inputs[0].shape.last!, .coupled), flow.index(selection.count, LargestFew.ranked))
        return flow.make([lead + [n], lead + [rank]], lead + [n])
    }

    func forward(_ inputs: [Value], into output: Tensor, context: OperationContext) throws(TensorError) {
        output.values.update(repeating: 0)
        let values = inputs[1].floats
        selection.forEachRow(inputs[0].floats) { row, start, places in
            for (rank, place) in places.enumerated() {
                output.address[start + place] = values.address[row * selection.count + rank]
            }
        }
    }

    func pullback(
        _ gradient: Tensor, output: Tensor, inputs: [Value], into targets: [GradientTarget?], context: OperationContext
    ) throws(TensorError) {
        targets[0]?.addNothing()
        guard let target = targets[1] else { return }
        selection.forEachRow(inputs[0].floats) { row, start, places in
            for (rank, place) in places.enumerated() {
                target.add(gradient.address[start + place], at: row * selection.count + rank)
            }
        }
    }
}

/// Which of a row are its largest.
struct LargestFew: Sendable {
    static let ranked = AxisFlow.Role.pinned("its positions are ranked by size")

    let count: Int

    init(_ attributes: OperationAttributes) throws(TensorError) {
        count = try attributes.integer("count", in: 1...Int(Int32.max))
    }

    /// Visits each row: its number, where it starts, the places of the largest in it; of equals the first comes first.
    func forEachRow(_ x: Tensor, _ body: (_ row: Int, _ start: Int, _ places: ArraySlice<Int>) -> Void) {
        let n = x.shape.last!
        Parallel.forEachRange(x.count / n, tile: rowTile(columns: n)) { rows in
            for row in rows {
                let start = row * n
                let order = (0..<n).sorted {
                    let (a, b) = (x.address[start + $0], x.address[start + $1])
                    return a == b ? $0 < $1 : a > b
                }
                body(row, start, order.prefix(count))
            }
        }
    }
}
