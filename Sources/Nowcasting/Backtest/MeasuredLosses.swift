import Checkpoints
import JSONText

/// Losses that the user measured: a JSON object of names and numbers.
public struct MeasuredLosses: Sendable {
    public let byName: [String: Double]

    /// - Throws: `CheckpointError` for the file, `JSONError` for what it holds.
    public init(contentsOf path: String) throws {
        byName = try JSONText.decode(from: WholeFile.bytes(of: path, limit: JSONLimits.bytes), file: path)
    }
}
