import Tensors

/// Memory of one worker, reused from tile to tile.
final class TileScratch {
    private var sources: [Int32] = []
    private var buffers: [Tensor?]
    private var doubles: [UnsafeMutableBufferPointer<Double>]

    enum Buffer: Int, CaseIterable {
        case channels, hidden, product, targetTerms, pre, sums, scale, shift, aggregate, output
    }

    enum Sums: Int, CaseIterable {
        case messages, inputs
    }

    init() {
        buffers = Buffer.allCases.map { _ in nil }
        doubles = Sums.allCases.map { _ in UnsafeMutableBufferPointer(start: nil, count: 0) }
    }

    deinit {
        for buffer in doubles { buffer.deallocate() }
    }

    /// At least `count` floats, of any content.
    func floats(_ buffer: Buffer, _ count: Int) -> UnsafeMutablePointer<Float> {
        if let tensor = buffers[buffer.rawValue], tensor.count >= count { return tensor.address }
        let tensor = Tensor(shape: [count])
        buffers[buffer.rawValue] = tensor
        return tensor.address
    }

    /// `count` zeros.
    func zeros(_ sums: Sums, _ count: Int) -> UnsafeMutablePointer<Double> {
        if doubles[sums.rawValue].count < count {
            doubles[sums.rawValue].deallocate()
            doubles[sums.rawValue] = .allocate(capacity: count)
        }
        let address = doubles[sums.rawValue].baseAddress!
        address.initialize(repeating: 0, count: count)
        return address
    }

    /// At least `count` node numbers, of any content.
    func withSources<Result>(_ count: Int, _ body: (UnsafeMutablePointer<Int32>) -> Result) -> Result {
        if sources.count < count { sources = [Int32](repeating: 0, count: count) }
        return sources.withUnsafeMutableBufferPointer { body($0.baseAddress!) }
    }
}
