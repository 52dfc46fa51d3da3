/// How the scalars of a tensor lie in its storage, checked.
struct TensorView {
    let shape: [Int]
    let strides: [Int]
    /// First scalar in the storage.
    let offset: Int
    /// Scalars of the view.
    let count: Int
    /// Scalars from the first one used to the last, both included.
    let span: Int

    /// Scalars of a view that repeats its storage (stride 0): more would let a tiny file claim any amount of memory.
    static let largestExpansion = 1 << 28

    /// - Throws: `viewOutsideStorage` if a scalar would lie outside the storage, or a size overflows.
    init(_ tensor: TorchTensor, name: String, file: String) throws(CheckpointError) {
        func wrong(_ found: String) -> CheckpointError {
            .viewOutsideStorage(
                file: file, tensor: name, expected: "a view inside its storage of \(tensor.storageCount) scalars",
                found: found)
        }
        var count = 1
        var last = 0
        for (size, stride) in zip(tensor.shape, tensor.strides) {
            let product = count.multipliedReportingOverflow(by: size)
            let reach = max(size - 1, 0).multipliedReportingOverflow(by: stride)
            let sum = last.addingReportingOverflow(reach.partialValue)
            guard !product.overflow, !reach.overflow, !sum.overflow else {
                throw wrong("shape \(tensor.shape) with strides \(tensor.strides)")
            }
            count = product.partialValue
            last = sum.partialValue
        }
        if count > 0 {
            let end = tensor.offset.addingReportingOverflow(last)
            guard !end.overflow, end.partialValue < tensor.storageCount else {
                throw wrong("offset \(tensor.offset), shape \(tensor.shape) and strides \(tensor.strides)")
            }
            guard count <= max(tensor.storageCount, TensorView.largestExpansion) else {
                throw wrong("\(count) scalars that repeat it")
            }
        }
        self.shape = tensor.shape
        // Any number may stand where there is one index only.
        self.strides = zip(tensor.shape, tensor.strides).map { size, stride in size == 1 ? 0 : stride }
        self.offset = count > 0 ? tensor.offset : 0
        self.count = count
        self.span = count > 0 ? last + 1 : 0
    }

    /// True if the scalars lie one behind the other in row-major order. Strides of axes of size 1 do not matter.
    var isContiguous: Bool {
        var expected = 1
        for (size, stride) in zip(shape, strides).reversed() where size != 1 {
            if stride != expected { return false }
            expected *= size
        }
        return true
    }

    /// Copies the scalars in row-major order.
    ///
    /// - Parameters:
    ///   - source: `span` scalars of the storage, from `offset` on.
    ///   - target: room for `count` scalars.
    func gather<Scalar>(_ source: UnsafePointer<Scalar>, into target: UnsafeMutablePointer<Scalar>) {
        guard count > 0 else { return }
        let innerSize = shape.last ?? 1
        let innerStride = strides.last ?? 1
        var index = [Int](repeating: 0, count: max(shape.count - 1, 0))
        var start = 0
        var written = 0
        while written < count {
            for inner in 0..<innerSize { target[written + inner] = source[start + inner * innerStride] }
            written += innerSize
            var axis = index.count - 1
            while axis >= 0 {
                index[axis] += 1
                start += strides[axis]
                if index[axis] < shape[axis] { break }
                start -= strides[axis] * shape[axis]
                index[axis] = 0
                axis -= 1
            }
        }
    }
}
