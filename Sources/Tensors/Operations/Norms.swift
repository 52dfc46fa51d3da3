import CKernels

/// (x - mean) / √(variance + epsilon) · weight + bias over the last axis, with the biased variance (Ba et al. 2016).
///
/// Inputs: x [..., n], weight [n], bias [n] (both optional). Output: as x. Attribute `epsilon` (real, default 1e-5).
struct LayerNorm: RegisteredOperation {
    static let name = "layerNorm"
    static let attributeNames = ["epsilon"]

    private let epsilon: Double

    init(_ attributes: OperationAttributes) throws(TensorError) {
        epsilon = try attributes.real("epsilon", default: 1e-5)
    }

    func outputShape(inputs: [ValueType]) throws(TensorError) -> [Int] {
        try requireFloats(inputs, count: 1...3)
        return try normShape(inputs)
    }

    func axisFlow(inputs: [ValueType]) -> AxisFlow { .normalized(inputs) }

    func forward(_ inputs: [Value], into output: Tensor, context: OperationContext) throws(TensorError) {
        let (x, n) = (inputs[0].floats.address, output.shape.last!)
        let weight = try weightOrOnes(inputs, n, slot: 2, context)
        let bias = inputs.count == 3 ? inputs[2].floats.address : nil
        let rows = output.count / n
        let (mean, rstd) = (try context.kept(0, count: rows), try context.kept(1, count: rows))
        Parallel.forEachRange(rows, tile: rowTile(columns: n)) { range in
            let first = range.lowerBound
            nino_layer_norm(
                x + first * n, weight, bias, epsilon, output.address + first * n, mean + first, rstd + first,
                Int64(range.count), Int64(n))
        }
    }

    func pullback(
        _ gradient: Tensor, output: Tensor, inputs: [Value], into targets: [GradientTarget?],
        context: OperationContext
    ) throws(TensorError) {
        let rows = output.count / output.shape.last!
        let (mean, rstd) = (try context.kept(0, count: rows), try context.kept(1, count: rows))
        let weight = try weightOrOnes(inputs, output.shape.last!, slot: 2, context)
        try normPullback(gradient, inputs, weight, targets, mean: mean, rstd: rstd, context)
    }
}

/// x / √(mean of x² + epsilon) · weight over the last axis (Zhang and Sennrich 2019).
///
/// Inputs: x [..., n], weight [n] (optional). Output: as x. Attribute `epsilon` (real, default 1e-6).
struct RMSNorm: RegisteredOperation {
    static let name = "rmsNorm"
    static let attributeNames = ["epsilon"]

    private let epsilon: Double

    init(_ attributes: OperationAttributes) throws(TensorError) {
        epsilon = try attributes.real("epsilon", default: 1e-6)
    }

    func outputShape(inputs: [ValueType]) throws(TensorError) -> [Int] {
        try requireFloats(inputs, count: 1...2)
        return try normShape(inputs)
    }

    func axisFlow(inputs: [ValueType]) -> AxisFlow { .normalized(inputs) }

    func forward(_ inputs: [Value], into output: Tensor, context: OperationContext) throws(TensorError) {
        let (x, n) = (inputs[0].floats.address, output.shape.last!)
        let weight = try weightOrOnes(inputs, n, slot: 1, context)
        let rstd = try context.kept(0, count: output.count / n)
        Parallel.forEachRange(output.count / n, tile: rowTile(columns: n)) { range in
            let first = range.lowerBound
            nino_rms_norm(
                x + first * n, weight, epsilon, output.address + first * n, rstd + first, Int64(range.count), Int64(n))
        }
    }

    func pullback(
        _ gradient: Tensor, output: Tensor, inputs: [Value], into targets: [GradientTarget?],
        context: OperationContext
    ) throws(TensorError) {
        let n = output.shape.last!
        let weight = try weightOrOnes(inputs, n, slot: 1, context)
        try normPullback(
            gradient, inputs, weight, targets, mean: nil, rstd: try context.kept(0, count: output.count / n), context)
    }

}

extension Operation {
    /// The weight, or ones where there is none, kept in a slot of the context.
    fileprivate func weightOrOnes(_ inputs: [Value], _ n: Int, slot: Int, _ context: OperationContext)
        throws(TensorError) -> UnsafePointer<Float>
    {
        if inputs.count > 1 { return UnsafePointer(inputs[1].floats.address) }
        let ones = try context.kept(slot, count: n)
        ones.update(repeating: 1, count: n)
        return UnsafePointer(ones)
    }

    /// x [..., n] and weights of [n]: the shape of x.
    fileprivate func normShape(_ inputs: [ValueType]) throws(TensorError) -> [Int] {
        let x = inputs[0].shape
        try require(!x.isEmpty, inputs, 0, "[..., n]")
        for index in inputs.indices.dropFirst() {
            try require(inputs[index].shape == [x.last!], inputs, index, "[\(x.last!)]")
        }
        return x
    }

    /// Gradients of x, weight and bias; `mean` is nil for RMS norm.
    fileprivate func normPullback(
        _ gradient: Tensor, _ inputs: [Value], _ weight: UnsafePointer<Float>, _ targets: [GradientTarget?],
        mean: UnsafeMutablePointer<Float>?, rstd: UnsafeMutablePointer<Float>,
        _ context: OperationContext
    ) throws(TensorError) {
        let (x, dy, n) = (inputs[0].floats.address, gradient.address, gradient.shape.last!)
        let rows = gradient.count / n
        if let target = targets[0] {
            Parallel.forEachRange(rows, tile: rowTile(columns: n)) { range in
                let first = range.lowerBound
                nino_norm_pullback(
                    x + first * n, weight, mean.map { $0 + first }, rstd + first, dy + first * n,
                    target.address + first * n, Int64(range.count), Int64(n), target.accumulate)
            }
        }
        let parameterTargets = targets.dropFirst()
        guard parameterTargets.contains(where: { $0 != nil }) else { return }
        // Partial sums over at most 16 tiles of rows, then their sums in order.
        let tile = (rows + 15) / 16
        let tiles = (rows + tile - 1) / tile
        let partial = UnsafeMutableRawPointer(try context.transient(0, count: 4 * tiles * n)).bindMemory(
            to: Double.self, capacity: 2 * tiles * n)
        Parallel.forEachRange(rows, tile: tile) { range in
            let first = range.lowerBound
            let sums = partial + first / tile * 2 * n
            nino_norm_parameter_sums(
                x + first * n, mean.map { $0 + first }, rstd + first, dy + first * n, sums, sums + n,
                Int64(range.count), Int64(n))
        }
        for (part, target) in parameterTargets.enumerated() {
            guard let target else { continue }
            for column in 0..<n {
                let sum = (0..<tiles).reduce(0.0) { $0 + partial[$1 * 2 * n + part * n + column] }
                target.add(Float(sum), at: column)
            }
        }
    }
}
