/// Rotary position embedding by tables of angles (Su et al. 2021): elements i and i + n/2 of the last axis turn by the
/// angle whose cosine and sine stand at i: x · cosines + (-second half, first half) · sines.
///
/// Inputs: x [..., n], n even; cosines and sines [..., n], which repeat over x. Output: as x. No attributes.
struct RotaryTable: RegisteredOperation {
    static let name = "rotaryTable"
    static let attributeNames: [String] = []

    init(_ attributes: OperationAttributes) throws(TensorError) {}

    func outputShape(inputs: [ValueType]) throws(TensorError) -> [Int] {
        let shape = try broadcastShape(inputs, count: 3)
        let x = inputs[0].shape
        try require(x.last.map { $0.isMultiple(of: 2) } ?? false, inputs, 0, "[..., an even number]")
        try require(shape == x, inputs, 0, "\(shape)")
        for index in 1...2 { try require(inputs[index].shape.last == x.last, inputs, index, "[..., \(x.last!)]") }
        return x
    }

    func axisFlow(inputs: [ValueType]) -> AxisFlow {
        .broadcast(inputs, last: .pinned("its halves turn into each other"))
    }

    func forward(_ inputs: [Value], into output: Tensor, context: OperationContext) throws(TensorError) {
        turn(inputs) { start, x, cosines, sines, n in
            let y = output.address + start
            let half = n / 2
            for i in 0..<half {
                y[i] = x[i] * cosines[i] - x[i + half] * sines[i]
                y[i + half] = x[i + half] * cosines[i + half] + x[i] * sines[i + half]
            }
        }
    }

    func pullback(
        _ gradient: Tensor, output: Tensor, inputs: [Value], into targets: [GradientTarget?], context: OperationContext
    ) throws(TensorError) {
        let dy = gradient.address
        if let target = targets[0] {
            turn(inputs) { start, _, cosines, sines, n in
                let half = n / 2
                for i in 0..<half {
                    let (a, b) = (dy[start + i], dy[start + i + half])
                    target.add(a * cosines[i] + b * sines[i + half], at: start + i)
                    target.add(b * cosines[i + half] - a * sines[i], at: start + i + half)
                }
            }
        }
        guard targets[1] != nil || targets[2] != nil, let rows = Broadcasting(inputs.map(\.floats.shape)) else {
            return
        }
        let share = try context.transient(0, count: output.count)
        for number in 1...2 {
            guard let target = targets[number] else { continue }
            turn(inputs) { start, x, _, _, n in
                let half = n / 2
                for i in 0..<n {
                    let factor = number == 1 ? x[i] : i < half ? -x[i + half] : x[i - half]
                    share[start + i] = dy[start + i] * factor
                }
            }
            rows.collect(share, of: number, into: target)
        }
    }

    private func turn(
        _ inputs: [Value],
        _ body: (
            _ start: Int, _ x: UnsafePointer<Float>, _ cosines: UnsafePointer<Float>, _ sines: UnsafePointer<Float>,
            _ n: Int
        ) -> Void
    ) {
        let tensors = inputs.map(\.floats)
        guard let rows = Broadcasting(tensors.map(\.shape)) else { return }
        rows.forEachRow { start, at in
            body(
                start, tensors[0].address + at.0, tensors[1].address + at.1, tensors[2].address + at.2, rows.width)
        }
    }
}
