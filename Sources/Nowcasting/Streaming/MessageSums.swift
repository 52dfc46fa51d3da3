import NeuralGraphs
import Tensors

/// Constant part of a stream's scale and shift: [H] each.
struct EdgeConstants {
    let scale: [Float]
    let shift: [Float]

    /// - Parameter isTyped: true before the first update, where types and constant edges count; later they have been
    ///   absorbed.
    init(
        _ weights: StreamedWeights, _ round: NetworkLayout.MessagePassing, _ stream: EdgeStream, isTyped: Bool
    ) {
        let width = weights.width
        func constant(_ constants: WeightView, _ inputs: WeightView) -> [Float] {
            (0..<width).map { h in
                guard isTyped else { return weights[constants][h] }
                return weights[constants][stream.type * width + h]
                    + stream.constant * statesSum(weights[inputs], column: h, width: width)
            }
        }
        scale = constant(round.scaleConstants, round.scale)
        shift = constant(round.shiftConstants, round.shift)
    }
}

/// Sum over the five states of slot 0 of a column of an input matrix: what a constant in slot 0 multiplies.
func statesSum(_ inputs: UnsafePointer<Float>, column: Int, width: Int) -> Float {
    (0..<StateHistory.contextLength).reduce(0) { $0 + inputs[$1 * width + column] }
}

/// Sums over some of the incoming edges of a tile's targets, in double precision.
///
/// Unchecked: in one task's hands at a time.
final class MessageSums: @unchecked Sendable {
    let targets: Int
    let width: Int
    /// Numbers that an edge brings along: raw states, or its hidden vector.
    let inputCount: Int
    /// Σ (scale f + scale constants) ⊙ y_s + shift constants: [targets, H].
    let messages: UnsafeMutablePointer<Double>
    /// Σ f: [targets, inputCount].
    let inputs: UnsafeMutablePointer<Double>
    /// Σ scale constants: [targets, H].
    let scaleConstants: UnsafeMutablePointer<Double>
    /// Number of edges: [targets].
    let edges: UnsafeMutablePointer<Double>

    private let all: UnsafeMutableBufferPointer<Double>

    init(targets: Int, width: Int, inputCount: Int) {
        (self.targets, self.width, self.inputCount) = (targets, width, inputCount)
        all = .allocate(capacity: targets * (2 * width + inputCount + 1))
        all.initialize(repeating: 0)
        messages = all.baseAddress!
        scaleConstants = messages + targets * width
        inputs = scaleConstants + targets * width
        edges = inputs + targets * inputCount
    }

    deinit {
        all.deallocate()
    }

    func add(_ other: MessageSums) {
        for index in all.indices { all[index] += other.all[index] }
    }

    /// As ranks pass them on.
    var bytes: UnsafeMutableRawBufferPointer { UnsafeMutableRawBufferPointer(all) }

    /// Adds what `count` edges into one target bring whatever they carry.
    ///
    /// - Parameter valueSum: the sum of their sources' values, [H].
    @inline(__always)
    func addConstants(_ constants: EdgeConstants, target: Int, count: Int, valueSum: (Int) -> Double) {
        edges[target] += Double(count)
        for h in 0..<width {
            messages[target * width + h] +=
                Double(constants.scale[h]) * valueSum(h) + Double(count) * Double(constants.shift[h])
            scaleConstants[target * width + h] += Double(count) * Double(constants.scale[h])
        }
    }

    /// Adds the raw states of a tile's edges to the inputs of its targets.
    func addInputs(_ tile: EdgeTile) {
        let states = tile.states
        for target in 0..<tile.targets {
            for channel in 0..<Int(states.channel_count) {
                let row = states.values + channel * Int(states.channel_stride) + target * Int(states.target_stride)
                var sum = 0.0
                for s in 0..<tile.fanIn { sum += Double(row[s * Int(states.source_stride)]) }
                inputs[(tile.firstTarget + target) * inputCount + channel] += sum
            }
        }
    }
}
