/// What a checkpoint says about one tensor.
public struct TensorInfo: Sendable, Hashable {
    /// Name as in the file.
    public let name: String
    public let dtype: DType
    /// Row-major; empty for a single scalar. Zero-sized axes are legal.
    public let shape: [Int]
    /// Number of scalars.
    public let count: Int

    /// - Precondition: no negative size; the number of bits fits an Int.
    public init(name: String, dtype: DType, shape: [Int]) {
        precondition(shape.allSatisfy { $0 >= 0 }, "negative size in \(shape)")
        let bits = TensorInfo.bitCount(shape, dtype)
        precondition(bits != nil, "the size of \(name) \(shape) overflows")
        self.name = name
        self.dtype = dtype
        self.shape = shape
        self.count = bits! / dtype.bits
    }

    /// Bytes of the data.
    public var byteCount: Int { count * dtype.bits / 8 }

    /// Bits of a tensor, or nil if a product overflows (as the reference computes it, sizes in order, then the scalar's
    /// bits).
    static func bitCount(_ shape: [Int], _ dtype: DType) -> Int? { product(shape + [dtype.bits]) }

    /// Of sizes in order; nil if it overflows.
    static func product(_ sizes: [Int]) -> Int? {
        var product = 1
        for size in sizes {
            let (next, overflow) = product.multipliedReportingOverflow(by: size)
            if overflow { return nil }
            product = next
        }
        return product
    }
}
