extension Checkpoint {
    /// All scalars of a tensor, row-major, as float32. Wider types round to nearest.
    ///
    /// - Throws: `tensorMissing`, `wrongDType` (float8 and packed types), `outOfMemory`, and errors of reading.
    public func floats(_ name: String) throws(CheckpointError) -> [Float] {
        let count = tensors[try index(of: name)].count
        return try filledArray(count, file: path, what: "tensor '\(name)'") { (buffer) throws(CheckpointError) in
            try read(name, 0..<count, into: buffer)
        }
    }

    /// Scalars `range` of a tensor's row-major order as float32, into the caller's memory.
    ///
    /// - Precondition: the range lies inside the tensor; `output` has as many elements.
    /// - Throws: as `floats`.
    public func read(_ name: String, _ range: Range<Int>, into output: UnsafeMutableBufferPointer<Float>)
        throws(CheckpointError)
    {
        let tensor = try index(of: name)
        let dtype = tensors[tensor].dtype
        guard dtype.isReadableAsFloat else {
            throw .wrongDType(
                file: store.file(of: tensor), tensor: name, expected: "a type with float32 values", found: dtype)
        }
        precondition(output.count == range.count, "\(output.count) places for \(range.count) scalars")
        if dtype == .f32 {
            try readBytes(
                name, (range.lowerBound * 4)..<(range.upperBound * 4), into: UnsafeMutableRawBufferPointer(output))
        } else {
            try readChunks(tensor, range) { (bytes, part) in
                ScalarCoding.decode(bytes, as: dtype, into: UnsafeMutableBufferPointer(rebasing: output[part]))
            }
        }
    }

    /// All scalars of an integer tensor, row-major, exactly.
    ///
    /// - Throws: `tensorMissing`, `wrongDType` (not an integer type), `valueOutOfRange` (U64 above Int64.max), and
    ///   errors of reading.
    public func int64s(_ name: String) throws(CheckpointError) -> [Int64] {
        let tensor = try index(of: name)
        let info = tensors[tensor]
        guard info.dtype.isInteger else {
            throw .wrongDType(
                file: store.file(of: tensor), tensor: name, expected: "an integer type", found: info.dtype)
        }
        let values: [Int64] = try filledArray(info.count, file: path, what: "tensor '\(name)'") {
            (buffer) throws(CheckpointError) in
            try readChunks(tensor, 0..<info.count) { (bytes, part) in
                ScalarCoding.decode(bytes, as: info.dtype, into: UnsafeMutableBufferPointer(rebasing: buffer[part]))
            }
        }
        if info.dtype == .u64, let bad = values.firstIndex(where: { $0 < 0 }) {
            throw .valueOutOfRange(
                file: store.file(of: tensor), tensor: name, index: bad, found: UInt64(bitPattern: values[bad]))
        }
        return values
    }

    /// Bytes `range` of a tensor's row-major, dense, little-endian layout, whatever its type.
    ///
    /// - Precondition: the range lies inside the tensor; `output` has as many bytes.
    public func readBytes(_ name: String, _ range: Range<Int>, into output: UnsafeMutableRawBufferPointer)
        throws(CheckpointError)
    {
        let tensor = try index(of: name)
        precondition(
            range.lowerBound >= 0 && range.upperBound <= tensors[tensor].byteCount,
            "bytes \(range) of the \(tensors[tensor].byteCount) of \(name)")
        precondition(output.count == range.count, "\(output.count) bytes of room for \(range.count)")
        try store.read(tensor, at: range.lowerBound, into: output)
    }

    /// Hands the bytes of scalars `range` to `body`, a cache-sized piece at a time, with the place of the piece inside
    /// the range.
    private func readChunks(
        _ tensor: Int, _ range: Range<Int>, _ body: (UnsafeRawBufferPointer, Range<Int>) -> Void
    ) throws(CheckpointError) {
        let size = tensors[tensor].dtype.size!
        precondition(
            range.lowerBound >= 0 && range.upperBound <= tensors[tensor].count,
            "scalars \(range) of the \(tensors[tensor].count) of a tensor")
        let step = ScalarCoding.chunkBytes / size
        let scratch = UnsafeMutableRawBufferPointer.allocate(
            byteCount: max(1, min(range.count, step) * size), alignment: 64)
        defer { scratch.deallocate() }
        for start in stride(from: 0, to: range.count, by: step) {
            let part = start..<min(start + step, range.count)
            let bytes = UnsafeMutableRawBufferPointer(rebasing: scratch.prefix(part.count * size))
            try store.read(tensor, at: (range.lowerBound + start) * size, into: bytes)
            body(UnsafeRawBufferPointer(bytes), part)
        }
    }
}
