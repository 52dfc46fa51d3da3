/// Bounds on a pickle. Far above any real checkpoint, low enough that a hostile one cannot exhaust memory, stack or
/// time.
enum PickleLimits {
    /// Bytes of `data.pkl`: tensors are outside it; a state dict takes some 200 bytes a tensor.
    static let bytes = 1 << 28
    /// Values made while reading, and values in the result when every shared one is counted each time it appears.
    static let values = 1 << 24
    /// Elements of containers while reading, shared ones counted each time, and copied text in units of 8 bytes.
    static let elements = 1 << 25
    /// Values inside one another.
    static let depth = 200
    /// Open MARKs.
    static let marks = 1 << 16
    /// Memo entries.
    static let memo = 1 << 24
    /// Bytes of one string.
    static let string = 1 << 26
    /// Bytes of a module or class name.
    static let name = 1 << 10
    /// Axes of a tensor (PyTorch's own bound).
    static let rank = 64
}
