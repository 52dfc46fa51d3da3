import Checkpoints
import Foundation
import NeuralGraphs
import Nowcasting
import Tensors

/// Five states of a model that was never trained, as files: for measurements at sizes for which nobody has a history at
/// hand.
///
/// Every scalar has a start, a drift and noise of its own, drawn from the seed.
struct SyntheticHistory {
    let files: [String]
    /// NiNo's weights, untrained.
    let checkpoint: String

    /// Scalars drawn at a time.
    private static let chunk = 1 << 16

    /// - Parameters:
    ///   - folder: must exist.
    ///   - dtype: of the states.
    /// - Throws: `CheckpointError` for a full disk, before anything is written.
    init(_ parameters: ParameterList, dtype: DType, in folder: String, seed: UInt64) throws {
        files = (0..<History.contextLength).map { "\(folder)/state_\($0).safetensors" }
        checkpoint = "\(folder)/nino.safetensors"
        try requireSpace(History.contextLength * parameters.count * dtype.bits / 8, for: files[0])
        try Self.writeNetwork(to: checkpoint, seed: seed)
        let tensors = parameters.entries.map { TensorInfo(name: $0.name, dtype: dtype, shape: $0.shape) }
        let writers = try files.map { try SafetensorsWriter($0, tensors: tensors, metadata: ["format": "pt"]) }
        for tensor in writers[0].tensors {
            let index = parameters.index(of: tensor.name)!
            for range in (0..<tensor.count).pieces(of: 64 * Self.chunk) {
                let states = Self.draw(range, of: index, seed: seed)
                for (writer, state) in zip(writers, states) { try writer.write(state, to: tensor.name) }
            }
        }
        for writer in writers { try writer.commit() }
    }

    private static func writeNetwork(to path: String, seed: UInt64) throws {
        let weights = NowcastNetwork.randomWeights(gain: Float(6).squareRoot(), seed: seed)
        let tensors = weights.map { TensorInfo(name: $0.key, dtype: .f32, shape: $0.value.shape) }
        let writer = try SafetensorsWriter(path, tensors: tensors, metadata: ["model_args": #"{"wte_pos_enc": false}"#])
        for tensor in writer.tensors { try writer.write(weights[tensor.name]!.values, to: tensor.name) }
        try writer.commit()
    }

    /// Scalars of a parameter in all states; `range` begins at a whole number of chunks.
    private static func draw(_ range: Range<Int>, of parameter: Int, seed: UInt64) -> [[Float]] {
        let output = Tensor(shape: [History.contextLength, range.count])
        let pieces = (0..<range.count).pieces(of: chunk)
        Parallel.forEach(pieces.count) { piece in
            let stream = UInt64(parameter) << 32 | UInt64(range.lowerBound / chunk + piece)
            var random = SeededRandom(seed: seed, purpose: .syntheticData, index: stream)
            for place in pieces[piece] {
                let word = random.next()
                let start = uniform(word, 0) + uniform(word, 16), drift = uniform(word, 32)
                for t in 0..<History.contextLength {
                    let noise = uniform(word &* 0x9E37_79B9_7F4A_7C15 &* UInt64(2 * t + 1), 48)
                    output.values[t * range.count + place] = 0.02 * (start + 0.05 * Float(t) * drift + 0.02 * noise)
                }
            }
        }
        return (0..<History.contextLength).map { Array(output.values[($0 * range.count)..<(($0 + 1) * range.count)]) }
    }

    /// 16 bits of a word as a number in −1 ..< 1.
    private static func uniform(_ word: UInt64, _ shift: UInt64) -> Float {
        Float(Int16(truncatingIfNeeded: word >> shift)) * (1 / 32768)
    }
}
