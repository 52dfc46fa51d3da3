import Tensors

/// Memory of one sample under way: named arrays that grow as needed.
final class SampleScratch {
    private var floats: [Name: Tensor] = [:]
    private var doubles: [Name: UnsafeMutableBufferPointer<Double>] = [:]
    private var integers: [Name: UnsafeMutableBufferPointer<Int32>] = [:]

    enum Name: Hashable {
        case inputs, outputs, scales, scaleGradients, readOutHidden, readOutSlopes, readOutGradients
        /// Hidden vectors, slopes and gradients after some number of updates.
        case hidden(Int), slopes(Int), gradients(Int)
        case sources, addresses, identity
        /// Per node.
        case messages, inputSums(Int), sourceSums(Int), targetSums(Int), valueSourceSums, valueTargetSums
    }

    deinit {
        for buffer in doubles.values { buffer.deallocate() }
        for buffer in integers.values { buffer.deallocate() }
    }

    /// At least `count` floats, of any content.
    func floats(_ name: Name, _ count: Int) -> UnsafeMutablePointer<Float> {
        if let tensor = floats[name], tensor.count >= count { return tensor.address }
        let tensor = Tensor(shape: [count])
        floats[name] = tensor
        return tensor.address
    }

    /// `count` zeros.
    func zeros(_ name: Name, _ count: Int) -> UnsafeMutablePointer<Double> {
        let address = sums(name, count)
        address.update(repeating: 0, count: count)
        return address
    }

    /// At least `count` doubles, as they were left.
    func sums(_ name: Name, _ count: Int) -> UnsafeMutablePointer<Double> {
        if let buffer = doubles[name], buffer.count >= count { return buffer.baseAddress! }
        doubles[name]?.deallocate()
        let buffer = UnsafeMutableBufferPointer<Double>.allocate(capacity: count)
        buffer.initialize(repeating: 0)
        doubles[name] = buffer
        return buffer.baseAddress!
    }

    func integers(_ name: Name, _ count: Int) -> UnsafeMutablePointer<Int32> {
        if let buffer = integers[name], buffer.count >= count { return buffer.baseAddress! }
        integers[name]?.deallocate()
        let buffer = UnsafeMutableBufferPointer<Int32>.allocate(capacity: count)
        buffer.initialize(repeating: 0)
        integers[name] = buffer
        return buffer.baseAddress!
    }
}
