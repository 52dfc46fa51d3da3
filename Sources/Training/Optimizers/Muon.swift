import Nowcasting
import NeuralGraphs
import Tensors

/// Muon (Jordan et al. 2024): momentum of a matrix made orthogonal by a Newton-Schulz iteration; AdamW for the rest.
///
/// Equal to `torch.optim.Muon` with `adjust_lr_fn="match_rms_adamw"`, computed in float32 where PyTorch rounds to
/// bfloat16; so one learning rate serves matrices and the rest. Kernels are matrices [out, in * height * width].
public struct Muon: TrainingOptimizer {
    public var learningRate: Double
    public let momentum: Double
    public let weightDecay: Double
    /// The matrices among the parameters: first scalar, rows, columns.
    private let matrices: [Matrix]
    private var buffer: [Float]
    private var rest: AdamW
    private let restRanges: [Range<Int>]

    struct Matrix: Equatable {
        let offset: Int
        let rows: Int
        let columns: Int

        var range: Range<Int> { offset..<(offset + rows * columns) }
    }

    /// - Parameter tables: names of matrices whose rows are looked up, such as word tables: AdamW has those too.
    public init(
        _ parameters: ParameterList, tables: Set<String> = [], learningRate: Double, momentum: Double = 0.95,
        weightDecay: Double = 0.1
    ) {
        (self.learningRate, self.momentum, self.weightDecay) = (learningRate, momentum, weightDecay)
        let isMatrix = { (entry: ParameterList.Entry) in
            entry.shape.count >= 2 && entry.shape[0] > 1 && entry.count > entry.shape[0]
                && !tables.contains(entry.name)
        }
        matrices = parameters.entries.filter(isMatrix).map {
            Matrix(offset: $0.offset, rows: $0.shape[0], columns: $0.count / $0.shape[0])
        }
        restRanges = parameters.entries.filter { !isMatrix($0) }.map(\.range)
        buffer = [Float](repeating: 0, count: matrices.map(\.range.count).reduce(0, +))
        rest = AdamW(
            count: restRanges.map(\.count).reduce(0, +), learningRate: learningRate, weightDecay: weightDecay)
    }

    public mutating func step(_ weights: Tensor, gradients: Tensor) {
        var position = 0
        for matrix in matrices {
            let size = matrix.range.count
            step(matrix, at: position, weights, gradients)
            position += size
        }
        stepRest(weights, gradients)
    }

    private mutating func step(_ matrix: Matrix, at position: Int, _ weights: Tensor, _ gradients: Tensor) {
        let m = Float(momentum)
        var direction = [Float](repeating: 0, count: matrix.range.count)
        for i in direction.indices {
            let gradient = gradients.values[matrix.offset + i]
            let average = buffer[position + i] + (1 - m) * (gradient - buffer[position + i])
            buffer[position + i] = average
            direction[i] = gradient + m * (average - gradient)
        }
        NewtonSchulz.orthogonalize(&direction, rows: matrix.rows, columns: matrix.columns)
        let rate = Float(learningRate * 0.2 * Double(max(matrix.rows, matrix.columns)).squareRoot())
        let kept = Float(1 - learningRate * weightDecay)
        for i in direction.indices {
            weights.values[matrix.offset + i] = weights.values[matrix.offset + i] * kept - rate * direction[i]
        }
    }

    private mutating func stepRest(_ weights: Tensor, _ gradients: Tensor) {
        guard !restRanges.isEmpty else { return }
        let part = Tensor(
            shape: [restRanges.map(\.count).reduce(0, +)], values: restRanges.flatMap { weights.values[$0] })
        rest.learningRate = learningRate
        rest.step(part, gradients: Tensor(shape: part.shape, values: restRanges.flatMap { gradients.values[$0] }))
        var position = 0
        for range in restRanges {
            for i in range { weights.values[i] = part.values[position + i - range.lowerBound] }
            position += range.count
        }
    }

    /// Momentum of the matrices as `momentum_buffer`, end to end; the rest as AdamW's. A part without weights has none.
    public var savedState: SavedOptimizerState {
        var state = restRanges.isEmpty ? SavedOptimizerState() : rest.savedState
        if !buffer.isEmpty { state.tensors[Self.bufferName] = Tensor(shape: [buffer.count], values: buffer) }
        return state
    }

    public mutating func restore(_ state: SavedOptimizerState) throws {
        let buffer = buffer.isEmpty ? [] : try state.tensor(Self.bufferName, count: buffer.count).array
        if !restRanges.isEmpty { try rest.restore(state) }
        self.buffer = buffer
    }

    private static let bufferName = "momentum_buffer"
}
