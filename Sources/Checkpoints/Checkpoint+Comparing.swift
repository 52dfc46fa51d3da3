extension Checkpoint {
    /// Whether two tensors of one type and shape hold the same bytes.
    ///
    /// - Throws: `tensorMissing`, and errors of reading.
    public func holdsSame(_ first: String, _ second: String) throws(CheckpointError) -> Bool {
        let (left, right) = (tensors[try index(of: first)], tensors[try index(of: second)])
        guard left.dtype == right.dtype, left.shape == right.shape else { return false }
        let size = 1 << 20
        for start in stride(from: 0, to: left.byteCount, by: size) {
            let range = start..<min(start + size, left.byteCount)
            if try bytes(first, range) != bytes(second, range) { return false }
        }
        return true
    }

    private func bytes(_ name: String, _ range: Range<Int>) throws(CheckpointError) -> [UInt8] {
        try filledArray(range.count, file: path, what: "tensor '\(name)'") { (buffer) throws(CheckpointError) in
            try readBytes(name, range, into: UnsafeMutableRawBufferPointer(buffer))
        }
    }
}
