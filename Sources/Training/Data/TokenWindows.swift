import CZlib
import Tensors

/// A text as numbers, to learn each from those before it: `input_ids` int64 [batch, context] and as `labels` the same
/// ids, which the model's loss shifts by one.
///
/// The last tenth of the text is held out. Training examples are all windows of the rest; evaluation is on fixed
/// windows spread evenly over the held-out part, which do not overlap.
public struct TokenWindows<Symbol: FixedWidthInteger & UnsignedInteger & Sendable>: DataSource {
    /// Positions in a window.
    public let context: Int
    public let evaluationCount: Int
    public let labelCount: Int
    public let identity: String
    private let symbols: [Symbol]
    /// The first symbol that is held out.
    private let heldOutStart: Int

    /// Most windows an evaluation looks at: 16,128 predictions at 64 positions.
    private static var mostEvaluationWindows: Int { 256 }

    /// - Parameters:
    ///   - labelCount: symbols are below it.
    ///   - unit: what the symbols are, for messages and the identity: `bytes`, `tokens`.
    ///   - file: name for errors.
    /// - Throws: `invalidSetting` for less than two positions, `textTooShort` if the held-out part has no whole window.
    init(_ symbols: [Symbol], labelCount: Int, unit: String, context: Int, file: String) throws(TrainingError) {
        guard context >= 2 else {
            throw .invalidSetting(
                name: "--context", allowed: "at least 2 positions, to predict the second from the first",
                found: "\(context)")
        }
        try SettingBounds.require(context, "--context", in: 2...(1 << 24), "beyond any model's positions")
        let heldOut = symbols.count / 10
        guard heldOut >= context else {
            let (needed, overflow) = context.multipliedReportingOverflow(by: 10)
            throw .textTooShort(
                file: file, unit: unit, context: context, expected: overflow ? .max : needed, found: symbols.count)
        }
        self.symbols = symbols
        self.context = context
        self.labelCount = labelCount
        heldOutStart = symbols.count - heldOut
        evaluationCount = min(heldOut / context, Self.mostEvaluationWindows)
        let sum = symbols.withUnsafeBytes { bytes in
            crc32_z(0, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count)
        }
        identity = "text of \(symbols.count) \(unit) (crc32 \(String(sum, radix: 16))) in windows of \(context)"
    }

    public var trainingCount: Int { heldOutStart - context + 1 }
    public var evaluationBatchSize: Int { 32 }
    public var order: ExampleOrder { .independent }
    public var hasPerplexity: Bool { true }

    public func inputTypes(count: Int) -> [String: ValueType] {
        Self.inputTypes(count: count, context: context)
    }

    static func inputTypes(count: Int, context: Int) -> [String: ValueType] {
        let type = ValueType(.int64, [count, context])
        return ["input_ids": type, "labels": type]
    }

    /// Example i is the window that starts at symbol i.
    public func trainingBatch(_ examples: ArraySlice<Int>) -> [String: Value] {
        batch(startingAt: examples)
    }

    /// Window i of those spread evenly over the held-out part.
    public func evaluationBatch(_ examples: Range<Int>) -> [String: Value] {
        let lastStart = symbols.count - heldOutStart - context
        return batch(startingAt: examples.map { heldOutStart + $0 * lastStart / max(1, evaluationCount - 1) })
    }

    public func correctCount(logits: Tensor, batch: [String: Value]) -> Int? { nil }

    private func batch(startingAt starts: some Collection<Int>) -> [String: Value] {
        let ids = IntegerTensor(shape: [starts.count, context])
        for (row, start) in starts.enumerated() {
            for position in 0..<context { ids.values[row * context + position] = Int64(symbols[start + position]) }
        }
        return ["input_ids": .integer(ids), "labels": .integer(ids)]
    }
}
