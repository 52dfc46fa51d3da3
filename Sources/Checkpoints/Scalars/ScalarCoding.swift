#if _endian(big)
    #error("checkpoint scalars are little-endian and are read in place")
#endif

/// Decoding and encoding of runs of scalars: little-endian, densely packed, aligned to their size.
enum ScalarCoding {
    /// Bytes decoded at a time: small enough for the second-level cache, a multiple of every scalar size.
    static let chunkBytes = 1 << 18

    /// Widens `output.count` scalars to float32. 64-bit types round to nearest.
    ///
    /// - Precondition: `dtype.isReadableAsFloat`.
    static func decode(_ bytes: UnsafeRawBufferPointer, as dtype: DType, into output: UnsafeMutableBufferPointer<Float>)
    {
        switch dtype {
        case .f32:
            UnsafeMutableRawBufferPointer(output).copyMemory(
                from: UnsafeRawBufferPointer(rebasing: bytes.prefix(output.count * 4)))
        case .f16: map(bytes, to: output) { HalfPrecision.float(f16: $0) }
        case .bf16: map(bytes, to: output) { HalfPrecision.float(bf16: $0) }
        case .f64: map(bytes, to: output) { (value: Double) in Float(value) }
        case .f8e4m3, .f8e5m2, .f8e4m3fnuz, .f8e5m2fnuz:
            let values = Float8.values(of: dtype)
            map(bytes, to: output) { (value: UInt8) in values[Int(value)] }
        case .bool: map(bytes, to: output) { (value: UInt8) in value == 0 ? 0 : 1 }
        case .u8: map(bytes, to: output) { (value: UInt8) in Float(value) }
        case .i8: map(bytes, to: output) { (value: Int8) in Float(value) }
        case .u16: map(bytes, to: output) { (value: UInt16) in Float(value) }
        case .i16: map(bytes, to: output) { (value: Int16) in Float(value) }
        case .u32: map(bytes, to: output) { (value: UInt32) in Float(value) }
        case .i32: map(bytes, to: output) { (value: Int32) in Float(value) }
        case .u64: map(bytes, to: output) { (value: UInt64) in Float(value) }
        case .i64: map(bytes, to: output) { (value: Int64) in Float(value) }
        default: preconditionFailure("\(dtype.rawValue) has no float32 reading")
        }
    }

    /// Widens `output.count` whole numbers to Int64, exactly. U64 is passed through as its bit pattern: the caller
    /// checks its range.
    ///
    /// - Precondition: `dtype.isInteger`.
    static func decode(_ bytes: UnsafeRawBufferPointer, as dtype: DType, into output: UnsafeMutableBufferPointer<Int64>)
    {
        switch dtype {
        case .bool: map(bytes, to: output) { (value: UInt8) in value == 0 ? 0 : 1 }
        case .u8: map(bytes, to: output) { (value: UInt8) in Int64(value) }
        case .i8: map(bytes, to: output) { (value: Int8) in Int64(value) }
        case .u16: map(bytes, to: output) { (value: UInt16) in Int64(value) }
        case .i16: map(bytes, to: output) { (value: Int16) in Int64(value) }
        case .u32: map(bytes, to: output) { (value: UInt32) in Int64(value) }
        case .i32: map(bytes, to: output) { (value: Int32) in Int64(value) }
        case .u64, .i64: map(bytes, to: output) { (value: Int64) in value }
        default: preconditionFailure("\(dtype.rawValue) is not an integer type")
        }
    }

    /// Narrows float32 to `dtype` (F32, F16, BF16 or F64).
    static func encode(
        _ values: UnsafeBufferPointer<Float>, as dtype: DType, into output: UnsafeMutableRawBufferPointer
    ) {
        let source = UnsafeRawBufferPointer(values)
        switch dtype {
        case .f32: output.copyMemory(from: source)
        case .f16: map(source, to: typed(output, values.count)) { HalfPrecision.f16($0) }
        case .bf16: map(source, to: typed(output, values.count)) { HalfPrecision.bf16($0) }
        case .f64: map(source, to: typed(output, values.count)) { (value: Float) in Double(value) }
        default: preconditionFailure("\(dtype.rawValue) cannot be written from float32")
        }
    }

    private static func typed<Output>(_ bytes: UnsafeMutableRawBufferPointer, _ count: Int)
        -> UnsafeMutableBufferPointer<Output>
    {
        UnsafeMutableBufferPointer(rebasing: bytes.bindMemory(to: Output.self).prefix(count))
    }

    /// Inlined into each case above, so that every loop is specialized and vectorizes.
    @inline(__always)
    private static func map<Input, Output>(
        _ bytes: UnsafeRawBufferPointer, to output: UnsafeMutableBufferPointer<Output>, _ transform: (Input) -> Output
    ) {
        guard let target = output.baseAddress, let source = bytes.baseAddress?.assumingMemoryBound(to: Input.self)
        else { return }
        precondition(bytes.count >= output.count * MemoryLayout<Input>.stride)
        for index in 0..<output.count {
            target[index] = transform(source[index])
        }
    }
}
