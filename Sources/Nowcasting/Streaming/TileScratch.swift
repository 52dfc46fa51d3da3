import Tensors

/// Memory of one worker, reused from task to task.
final class TileScratch {
    private var buffers: [Tensor?]

    enum Buffer: Int, CaseIterable {
        case channels, hidden, product, rounded, targetTerms, pre, sums, scale, shift, aggregate, output, valueSum,
            sources, sampled
    }

    init() {
        buffers = Buffer.allCases.map { _ in nil }
    }

    /// At least `count` floats, of any content.
    func floats(_ buffer: Buffer, _ count: Int) -> UnsafeMutablePointer<Float> {
        if let tensor = buffers[buffer.rawValue], tensor.count >= count { return tensor.address }
        let tensor = Tensor(shape: [count])
        buffers[buffer.rawValue] = tensor
        return tensor.address
    }

    /// At least `count` node numbers, of any content.
    func sources(_ count: Int) -> UnsafeMutablePointer<Int32> {
        let bytes = floats(.sources, count)
        return UnsafeMutableRawPointer(bytes).assumingMemoryBound(to: Int32.self)
    }
}
