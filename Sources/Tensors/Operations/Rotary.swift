import Glibc

/// Rotary position embedding, half-rotation (Su et al. 2021, as Llama lays it out): in each head of width d, elements i
/// and i + d/2 at position t turn by the angle t · θ^(-2i/d).
///
/// Input: x [B, T, heads · d]. Output: as x. Attributes: `width` (integer d, even), `theta` (real), `inverse` (flag,
/// default 0: turn by the negative angle). With `factor` (real) the frequencies are scaled as in Llama 3 (Grattafiori
/// et al. 2024; `rope_type` "llama3" of Hugging Face): `lowFactor`, `highFactor` (real), `positions` (integer: those of
/// the first training).
///
/// Frequencies and angles are rounded to float32 at each step as the reference does it: at large t the rounding shows.
struct Rotary: RegisteredOperation {
    static let name = "rotary"
    static let attributeNames = ["width", "theta", "inverse", "factor", "lowFactor", "highFactor", "positions"]

    private let width: Int
    private let isInverse: Bool
    private let frequencies: [Float]

    init(_ attributes: OperationAttributes) throws(TensorError) {
        width = try attributes.integer("width", in: 2...(1 << 20))
        guard width.isMultiple(of: 2) else {
            throw .attributeValue(operation: Self.name, name: "width", expected: "an even number", found: "\(width)")
        }
        isInverse = try attributes.flag("inverse", default: false)
        let theta = try attributes.real("theta")
        guard theta > 0 else {
            throw .attributeValue(operation: Self.name, name: "theta", expected: "above 0", found: "\(theta)")
        }
        let width = self.width
        var frequencies = (0..<(width / 2)).map { 1 / Float(pow(theta, Double(Float(2 * $0) / Float(width)))) }
        if attributes.values["factor"] != nil {
            let scaling = try Llama3Scaling(attributes)
            frequencies = frequencies.map(scaling.scaled)
        }
        self.frequencies = frequencies
    }

    func outputShape(inputs: [ValueType]) throws(TensorError) -> [Int] {
        try requireFloats(inputs, count: 1...1)
        let x = inputs[0].shape
        try require(x.count == 3 && x[2].isMultiple(of: width), inputs, 0, "[B, T, a multiple of \(width)]")
        return x
    }

    func axisFlow(inputs: [ValueType]) -> AxisFlow {
        var flow = AxisFlowBuilder()
        let shape = inputs[0].shape
        let turned = AxisFlow.Role.pinned("it turns each dimension at each position by an angle of its own")
        let axes = [
            [[flow.index(shape[0])]], [[flow.index(shape[1], turned)]],
            [[flow.index(shape[2] / width), flow.index(width, turned)]],
        ]
        return flow.make([axes], axes)
    }

    func forward(_ inputs: [Value], into output: Tensor, context: OperationContext) throws(TensorError) {
        try rotate(inputs[0].floats, clockwise: isInverse, into: GradientTarget(tensor: output, beta: 0), context)
    }

    /// A rotation's transpose turns back.
    func pullback(
        _ gradient: Tensor, output: Tensor, inputs: [Value], into targets: [GradientTarget?], context: OperationContext
    ) throws(TensorError) {
        guard let target = targets[0] else { return }
        try rotate(gradient, clockwise: !isInverse, into: target, context)
    }

    private func rotate(_ x: Tensor, clockwise: Bool, into target: GradientTarget, _ context: OperationContext)
        throws(TensorError)
    {
        let (positions, stride, half) = (x.shape[1], x.shape[2], width / 2)
        let cosines = try context.transient(0, count: 2 * positions * half)
        let sines = cosines + positions * half
        Parallel.forEachRange(positions, tile: rowTile(columns: 8 * half)) { range in
            for position in range {
                for i in 0..<half {
                    let angle = Double(Float(position) * frequencies[i])
                    cosines[position * half + i] = Float(cos(angle))
                    sines[position * half + i] = Float(clockwise ? -sin(angle) : sin(angle))
                }
            }
        }
        Parallel.forEachRange(x.count / stride, tile: rowTile(columns: stride)) { rows in
            for row in rows {
                let table = row % positions * half
                for head in Swift.stride(from: row * stride, to: (row + 1) * stride, by: width) {
                    turn(
                        x.address + head, cosines + table, sines + table, target.address + head, half,
                        adding: target.beta != 0)
                }
            }
        }
    }

    private func turn(
        _ x: UnsafePointer<Float>, _ cosine: UnsafePointer<Float>, _ sine: UnsafePointer<Float>,
        _ y: UnsafeMutablePointer<Float>, _ half: Int, adding: Bool
    ) {
        for i in 0..<half {
            let (a, b) = (x[i], x[i + half])
            let (first, second) = (a * cosine[i] - b * sine[i], b * cosine[i] + a * sine[i])
            y[i] = adding ? y[i] + first : first
            y[i + half] = adding ? y[i + half] + second : second
        }
    }
}

/// Slow frequencies are divided by a factor, fast ones kept, those between blended.
private struct Llama3Scaling {
    private let factor, low, high, positions: Float

    init(_ attributes: OperationAttributes) throws(TensorError) {
        func positive(_ name: String) throws(TensorError) -> Float {
            let value = try attributes.real(name)
            guard value > 0 else {
                throw .attributeValue(operation: Rotary.name, name: name, expected: "above 0", found: "\(value)")
            }
            return Float(value)
        }
        (factor, low, high) = (try positive("factor"), try positive("lowFactor"), try positive("highFactor"))
        positions = Float(try attributes.integer("positions", in: 1...Int(Int32.max)))
        guard high > low else {
            throw .attributeValue(
                operation: Rotary.name, name: "highFactor", expected: "above lowFactor \(low)", found: "\(high)")
        }
    }

    func scaled(_ frequency: Float) -> Float {
        let wavelength = 2 * Float.pi / frequency
        if wavelength > positions / low { return frequency / factor }
        if wavelength < positions / high { return frequency }
        let smooth = (positions / wavelength - low) / (high - low)
        return (1 - smooth) * frequency / factor + smooth * frequency
    }
}
