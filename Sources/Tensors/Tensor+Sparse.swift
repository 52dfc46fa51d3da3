import Glibc

/// Zeros that take memory only where they are touched, unmapped with the last view of them.
private final class SparseMemory {
    let address: UnsafeMutableRawPointer
    private let bytes: Int

    init?(bytes: Int) {
        let flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE
        guard let address = mmap(nil, bytes, PROT_READ | PROT_WRITE, flags, -1, 0), address != MAP_FAILED else {
            return nil
        }
        (self.address, self.bytes) = (address, bytes)
    }

    deinit {
        munmap(address, bytes)
    }
}

extension Tensor {
    /// All zeros, in memory that is taken page by page where it is touched: for an array of which one process needs a
    /// few rows.
    public static func sparse(shape: [Int]) -> Tensor {
        let count = shape.reduce(1, *)
        guard let memory = SparseMemory(bytes: max(1, count * MemoryLayout<Float>.stride)) else {
            preconditionFailure("no tensor of shape \(shape)")
        }
        let values = UnsafeMutableBufferPointer(
            start: memory.address.bindMemory(to: Float.self, capacity: count), count: count)
        return Tensor(shape: shape, values: values, owner: memory)
    }
}
