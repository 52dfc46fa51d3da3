public enum ElementType: String, Sendable, CustomStringConvertible {
    case float32
    case int64

    public var description: String { rawValue }
}

/// What is known of a value before it is computed.
public struct ValueType: Sendable, Equatable {
    public let elementType: ElementType
    /// Row-major; empty for a single number.
    public let shape: [Int]

    /// Elements a value of a program may have: what BLAS can index with its 32-bit sizes.
    public static let largestCount = Int(Int32.max)

    public init(_ elementType: ElementType, _ shape: [Int]) {
        self.elementType = elementType
        self.shape = shape
    }

    /// Number of elements of `shape`, which comes from outside.
    /// - Throws: `invalidShape` for a dimension below 1, `tooLarge` above `limit`.
    public static func checkedCount(_ shape: [Int], name: String, limit: Int = largestCount) throws(TensorError) -> Int
    {
        guard shape.allSatisfy({ $0 >= 1 }) else { throw .invalidShape(name: name, found: shape) }
        var count = 1
        for dimension in shape {
            let (product, overflow) = count.multipliedReportingOverflow(by: dimension)
            guard !overflow, product <= limit else { throw .tooLarge(name: name, limit: limit, found: shape) }
            count = product
        }
        return count
    }
}
