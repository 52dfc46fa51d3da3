/// Bounds on a JSON text. Far above any real file, low enough that a hostile one cannot exhaust memory or stack.
public enum JSONLimits {
    /// Bytes: the longest header that the reference reader of safetensors accepts.
    public static let bytes = 100_000_000
    /// Containers inside one another.
    public static let depth = 100
    /// Values of a text that becomes a tree; each takes some 50 bytes.
    public static let values = 1 << 23
}
