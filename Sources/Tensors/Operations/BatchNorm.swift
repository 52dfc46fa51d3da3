import CKernels

/// (x - mean) / √(variance + epsilon) · weight + bias for each channel (Ioffe and Szegedy 2015).
///
/// Inputs: x [n, channels, ...], weight, bias, running mean, running variance, each [channels]. Output: as x.
/// Attributes `epsilon` (real, default 1e-5), `momentum` (real, default 0.1). While training (more than one value per
/// channel needed, else `operationFailed`): mean and (biased) variance of the batch; the running ones move to (1 -
/// momentum) · running + momentum · batch, with the unbiased variance (PyTorch's rule). Else: the running ones.
struct BatchNorm: RegisteredOperation {
    static let name = "batchNorm"
    static let attributeNames = ["epsilon", "momentum"]

    private let epsilon: Double
    private let momentum: Double

    init(_ attributes: OperationAttributes) throws(TensorError) {
        epsilon = try attributes.real("epsilon", default: 1e-5)
        momentum = try attributes.real("momentum", default: 0.1)
    }

    func outputShape(inputs: [ValueType]) throws(TensorError) -> [Int] {
        try requireFloats(inputs, count: 5...5)
        let x = inputs[0].shape
        try require(x.count >= 2, inputs, 0, "[n, channels, ...]")
        for index in 1...4 { try require(inputs[index].shape == [x[1]], inputs, index, "[\(x[1])]") }
        return x
    }

    func axisFlow(inputs: [ValueType]) -> AxisFlow {
        var flow = AxisFlowBuilder()
        let shape = inputs[0].shape
        let (images, channels) = (flow.index(shape[0], .coupled), flow.index(shape[1]))
        let axes = [images, channels] + flow.indices(shape.dropFirst(2), .coupled)
        return flow.make([axes] + Array(repeating: [channels], count: 4), axes)
    }

    func forward(_ inputs: [Value], into output: Tensor, context: OperationContext) throws(TensorError) {
        let x = inputs[0].floats
        let (weight, bias) = (inputs[1].floats.values, inputs[2].floats.values)
        let (runningMean, runningVariance) = (inputs[3].floats.values, inputs[4].floats.values)
        let channels = x.shape[1]
        let (means, rstds) = (try context.kept(0, count: channels), try context.kept(1, count: channels))
        let isTraining = context.training
        guard !isTraining || x.count > channels else {
            throw .operationFailed(
                operation: name,
                message: "expected more than 1 value per channel while training, found shape \(x.shape)")
        }
        forEachChannel(x.shape) { channel, runs in
            var mean = Double(runningMean[channel])
            var variance = Double(runningVariance[channel])
            if isTraining {
                let count = Double(runs.count)
                mean = runs.sum { nino_sum(x.address + $0, $1) } / count
                let squares = runs.sum { nino_squared_deviation(x.address + $0, Float(mean), $1) }
                variance = squares / count
                let unbiased = squares / (count - 1)
                runningMean[channel] = Float((1 - momentum) * Double(runningMean[channel]) + momentum * mean)
                runningVariance[channel] = Float(
                    (1 - momentum) * Double(runningVariance[channel]) + momentum * unbiased)
            }
            let rstd = 1 / (variance + epsilon).squareRoot()
            means[channel] = Float(mean)
            rstds[channel] = Float(rstd)
            runs.forEach {
                nino_affine(
                    x.address + $0, Float(mean), Float(rstd) * weight[channel], bias[channel], output.address + $0, $1)
            }
        }
    }

    func pullback(
        _ gradient: Tensor, output: Tensor, inputs: [Value], into targets: [GradientTarget?],
        context: OperationContext
    ) throws(TensorError) {
        let (x, dy, weight) = (inputs[0].floats, gradient.address, inputs[1].floats.values)
        let channels = x.shape[1]
        let (means, rstds) = (try context.kept(0, count: channels), try context.kept(1, count: channels))
        let isTraining = context.training
        forEachChannel(x.shape) { channel, runs in
            let (mean, rstd) = (means[channel], rstds[channel])
            let sum = runs.sum { nino_sum(dy + $0, $1) }
            let projection = runs.sum { nino_centered_dot(x.address + $0, mean, dy + $0, $1) }
            if let target = targets[1] { target.add(Float(projection * Double(rstd)), at: channel) }
            if let target = targets[2] { target.add(Float(sum), at: channel) }
            guard let target = targets[0] else { return }
            let slope = weight[channel] * rstd
            // The statistics of a batch move with x; running ones do not.
            let count = Double(runs.count)
            let projected = isTraining ? Float(-projection * Double(rstd) * Double(rstd) / count) * slope : 0
            let shift = isTraining ? Float(-sum / count) * slope : 0
            runs.forEach {
                nino_affine_pullback(
                    x.address + $0, mean, dy + $0, slope, projected, shift, target.address + $0, $1, target.accumulate)
            }
        }
        for index in 3...4 {
            if let target = targets[index], target.beta == 0 { target.tensor.values.update(repeating: 0) }
        }
    }

    /// The elements of one channel: a contiguous run in each sample.
    private struct Runs {
        let samples, first, step, length: Int
        var count: Int { samples * length }

        func forEach(_ body: (_ offset: Int, _ length: Int64) -> Void) {
            for sample in 0..<samples { body(first + sample * step, Int64(length)) }
        }

        func sum(_ body: (_ offset: Int, _ length: Int64) -> Double) -> Double {
            (0..<samples).reduce(0) { $0 + body(first + $1 * step, Int64(length)) }
        }
    }

    private func forEachChannel(_ shape: [Int], _ body: (Int, Runs) -> Void) {
        let length = shape[2...].reduce(1, *)
        Parallel.forEach(shape[1]) { channel in
            body(channel, Runs(samples: shape[0], first: channel * length, step: shape[1] * length, length: length))
        }
    }
}

extension GradientTarget {
    /// Element `index` := beta · itself + value.
    func add(_ value: Float, at index: Int) {
        address[index] = (beta == 0 ? 0 : address[index]) + value
    }
}
