import CKernels

/// How NumPy's rule lays smaller tensors over a larger shape: axes are aligned at the end, those of size 1 repeat.
struct Broadcasting {
    /// Of the result.
    let shape: [Int]
    /// For up to three inputs: elements from one index of each axis of the result to the next; 0 where they repeat.
    private let strides: [[Int]]

    /// nil where sizes differ and none is 1.
    init?(_ shapes: [[Int]]) {
        let rank = shapes.map(\.count).max() ?? 0
        var shape = [Int](repeating: 1, count: rank)
        for input in shapes {
            for (axis, size) in input.enumerated() where size != 1 {
                let place = rank - input.count + axis
                guard shape[place] == 1 || shape[place] == size else { return nil }
                shape[place] = size
            }
        }
        self.shape = shape
        strides = (0..<3).map { number in
            guard number < shapes.count else { return [Int](repeating: 0, count: rank) }
            let own = shapes[number]
            let steps = zip(own, rowMajorStrides(own)).map { $0 == 1 ? 0 : $1 }
            return [Int](repeating: 0, count: rank - own.count) + steps
        }
    }

    /// Elements of one row of the result.
    var width: Int { shape.last ?? 1 }

    /// From one element of a row to the next in each input: 1, or 0 where it repeats.
    var steps: (Int, Int, Int) { (strides[0].last ?? 0, strides[1].last ?? 0, strides[2].last ?? 0) }

    /// Visits each row of the result: where it starts there, and in each input.
    func forEachRow(_ body: (_ start: Int, _ inputs: (Int, Int, Int)) -> Void) {
        let rows = shape.dropLast().reduce(1, *)
        Parallel.forEachRange(rows, tile: rowTile(columns: width)) { range in
            for row in range {
                var (rest, a, b, c) = (row, 0, 0, 0)
                for axis in shape.indices.dropLast().reversed() {
                    let digit = rest % shape[axis]
                    rest /= shape[axis]
                    a += digit * strides[0][axis]
                    b += digit * strides[1][axis]
                    c += digit * strides[2][axis]
                }
                body(row * width, (a, b, c))
            }
        }
    }

    /// target := beta · target + the sums of a tensor of the result's shape over what input `number` repeats.
    func collect(_ gradient: UnsafePointer<Float>, of number: Int, into target: GradientTarget) {
        let count = shape.reduce(1, *)
        if target.tensor.count == count { return addScaled(1, gradient, to: target, count: count) }
        let repeated = Set(shape.indices.filter { strides[number][$0] == 0 && shape[$0] > 1 })
        if repeated == Set(0..<repeated.count) {
            let columns = target.tensor.count
            return columnSums(gradient, rows: count / columns, columns: columns, into: target)
        }
        let places = ReducedPlaces(shape, axes: repeated)
        Parallel.forEachRange(places.kept.count, tile: rowTile(columns: places.reduced.count)) { range in
            for index in range {
                let start = gradient + places.kept[index]
                target.add(Float(places.reduced.reduce(0.0) { $0 + Double(start[$1]) }), at: index)
            }
        }
    }
}

/// Where the elements lie that a reduction over some axes takes together.
struct ReducedPlaces {
    /// Where each result's elements start.
    let kept: [Int]
    /// How far from there each lies.
    let reduced: [Int]

    init(_ shape: [Int], axes: Set<Int>) {
        let strides = rowMajorStrides(shape)
        var (kept, reduced) = ([0], [0])
        for (axis, size) in shape.enumerated() {
            let spread = { (list: [Int]) in list.flatMap { start in (0..<size).map { start + $0 * strides[axis] } } }
            if axes.contains(axis) { reduced = spread(reduced) } else { kept = spread(kept) }
        }
        (self.kept, self.reduced) = (kept, reduced)
    }
}

extension AxisFlow {
    /// Of an operation that computes every element from those at the same place, inputs repeating over larger ones.
    static func broadcast(_ inputs: [ValueType], last: Role = .free) -> AxisFlow {
        let shape = Broadcasting(inputs.map(\.shape))?.shape ?? []
        var flow = AxisFlowBuilder()
        let indices = flow.indices(shape.dropLast()) + flow.indices(shape.suffix(1), last)
        let axes = inputs.map { input in
            zip(input.shape, zip(indices, shape).suffix(input.shape.count)).map { size, place -> Axis in
                size == place.1 ? [[place.0]] : [[]]
            }
        }
        return flow.make(axes, indices.map { [[$0]] })
    }
}

extension Operation {
    /// The shape that the inputs, all of float32, repeat over.
    func broadcastShape(_ inputs: [ValueType], count: Int) throws(TensorError) -> [Int] {
        try requireFloats(inputs, count: count...count)
        for last in 2...max(2, count) where Broadcasting(inputs.prefix(last).map(\.shape)) == nil {
            let before = Broadcasting(inputs.prefix(last - 1).map(\.shape))?.shape ?? []
            throw .inputShape(
                operation: name, input: last - 1, expected: "a trailing part of \(before), or 1 for some of its sizes",
                found: inputs[last - 1].shape)
        }
        return Broadcasting(inputs.map(\.shape))?.shape ?? []
    }
}

extension GradientTarget {
    /// Leaves what is there, or zeros where it is undefined: the gradient of what a result does not depend on smoothly.
    func addNothing() {
        if beta == 0 { tensor.values.update(repeating: 0) }
    }
}
