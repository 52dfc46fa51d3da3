import CZlib
import Tensors

/// A text as bytes, to learn each byte from those before it: `input_ids` int64 [batch, context] and as `labels` the
/// same ids, which the model's loss shifts by one.
///
/// The last tenth of the text is held out. Training examples are all windows of the rest; evaluation is on fixed
/// windows spread evenly over the held-out part, which do not overlap.
public struct ByteText: DataSource {
    /// Positions in a window.
    public let context: Int
    public let evaluationCount: Int
    private let bytes: [UInt8]
    /// The first byte that is held out.
    private let heldOutStart: Int

    /// Most windows an evaluation looks at: 16,128 predictions at 64 positions.
    private static let mostEvaluationWindows = 256
    private static let byteValues = 256

    /// - Parameter file: name for errors.
    /// - Throws: `invalidSetting` for less than two positions, `textTooShort` if the held-out part has no whole window.
    public init(_ bytes: [UInt8], context: Int, file: String) throws(TrainingError) {
        guard context >= 2 else {
            throw .invalidSetting(
                name: "--context", allowed: "at least 2 positions, to predict the second from the first",
                found: "\(context)")
        }
        try SettingBounds.require(context, "--context", in: 2...(1 << 24), "beyond any model's positions")
        let heldOut = bytes.count / 10
        guard heldOut >= context else {
            let (needed, overflow) = context.multipliedReportingOverflow(by: 10)
            throw .textTooShort(file: file, context: context, expected: overflow ? .max : needed, found: bytes.count)
        }
        self.bytes = bytes
        self.context = context
        heldOutStart = bytes.count - heldOut
        evaluationCount = min(heldOut / context, Self.mostEvaluationWindows)
    }

    /// - Throws: `cannotRead`; the errors of `init(_:context:file:)`.
    public init(contentsOf file: String, context: Int) throws(TrainingError) {
        try self.init(try readFile(file), context: context, file: file)
    }

    public var trainingCount: Int { heldOutStart - context + 1 }
    public var evaluationBatchSize: Int { 32 }
    public var labelCount: Int { Self.byteValues }
    public var order: ExampleOrder { .independent }
    public var hasPerplexity: Bool { true }

    /// Length and CRC-32 of the text, and what it is cut into.
    public var identity: String {
        let sum = bytes.withUnsafeBufferPointer { crc32_z(0, $0.baseAddress, $0.count) }
        return "text of \(bytes.count) bytes (crc32 \(String(sum, radix: 16))) in windows of \(context)"
    }

    public func inputTypes(count: Int) -> [String: ValueType] {
        Self.inputTypes(count: count, context: context)
    }

    static func inputTypes(count: Int, context: Int) -> [String: ValueType] {
        let type = ValueType(.int64, [count, context])
        return ["input_ids": type, "labels": type]
    }

    /// Example i is the window that starts at byte i.
    public func trainingBatch(_ examples: ArraySlice<Int>) -> [String: Value] {
        batch(startingAt: examples)
    }

    /// Window i of those spread evenly over the held-out part.
    public func evaluationBatch(_ examples: Range<Int>) -> [String: Value] {
        let lastStart = bytes.count - heldOutStart - context
        return batch(startingAt: examples.map { heldOutStart + $0 * lastStart / max(1, evaluationCount - 1) })
    }

    public func correctCount(logits: Tensor, batch: [String: Value]) -> Int? { nil }

    private func batch(startingAt starts: some Collection<Int>) -> [String: Value] {
        let ids = IntegerTensor(shape: [starts.count, context])
        for (row, start) in starts.enumerated() {
            for position in 0..<context { ids.values[row * context + position] = Int64(bytes[start + position]) }
        }
        return ["input_ids": .integer(ids), "labels": .integer(ids)]
    }
}
