import JSONText

/// Writes one safetensors file, tensor by tensor, as the reference writer lays it out: by type (widest alignment
/// first), then by name; the header padded with spaces to a multiple of 8. Equal input gives equal bytes.
///
/// Data is handed over in the order of `tensors`, in pieces of any size; an empty piece changes nothing. Nothing is
/// visible under the path before `commit`.
public final class SafetensorsWriter {
    /// In the order of the file, which is the order to write them in.
    public let tensors: [TensorInfo]

    private let file: AtomicFile
    private var current = 0
    private var bytesOfCurrent = 0

    /// Creates the file and writes its header.
    ///
    /// - Parameter tensors: in any order; names must be distinct and not `__metadata__`.
    /// - Throws: `cannotWrite`, `headerTooLong`.
    public init(_ path: String, tensors: [TensorInfo], metadata: [String: String] = [:]) throws(CheckpointError) {
        precondition(Set(tensors.map(\.name)).count == tensors.count, "tensor names must be distinct")
        precondition(!tensors.contains { $0.name == "__metadata__" }, "no tensor may be named __metadata__")
        self.tensors = SafetensorsWriter.order(tensors)
        let header = SafetensorsWriter.header(self.tensors, metadata)
        guard header.utf8.count <= SafetensorsHeader.longest else {
            throw .headerTooLong(file: path, expected: SafetensorsHeader.longest, found: UInt64(header.utf8.count))
        }
        file = try AtomicFile(path)
        try withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { (bytes) throws(CheckpointError) in
            try file.write(bytes)
        }
        try file.write(header)
        skipEmpty()
    }

    /// The tensor whose data comes next; nil when all are written.
    public var next: TensorInfo? { current < tensors.count ? tensors[current] : nil }

    /// Appends float32 scalars to tensor `name`, narrowing or widening them to its type.
    ///
    /// - Precondition: `name` is the tensor whose turn it is, of type F32, F16, BF16 or F64, and they fit.
    public func write(_ values: UnsafeBufferPointer<Float>, to name: String) throws(CheckpointError) {
        if values.isEmpty { return }
        let dtype = expect(name).dtype
        precondition(dtype.isFloatingPoint, "\(dtype.rawValue) of \(name) cannot be written from float32")
        if dtype == .f32 { return try append(UnsafeRawBufferPointer(values)) }
        let size = dtype.size!
        let step = ScalarCoding.chunkBytes / size
        let scratch = UnsafeMutableRawBufferPointer.allocate(
            byteCount: max(1, min(step, values.count) * size), alignment: 64)
        defer { scratch.deallocate() }
        for start in stride(from: 0, to: values.count, by: step) {
            let part = UnsafeBufferPointer(rebasing: values[start..<min(start + step, values.count)])
            let bytes = UnsafeMutableRawBufferPointer(rebasing: scratch.prefix(part.count * size))
            ScalarCoding.encode(part, as: dtype, into: bytes)
            try append(UnsafeRawBufferPointer(bytes))
        }
    }

    /// Appends float32 scalars to tensor `name`; see the other overload.
    public func write(_ values: [Float], to name: String) throws(CheckpointError) {
        try values.withUnsafeBufferPointer { (buffer) throws(CheckpointError) in try write(buffer, to: name) }
    }

    /// Appends whole numbers to tensor `name` of type I64.
    public func writeInt64s(_ values: [Int64], to name: String) throws(CheckpointError) {
        if values.isEmpty { return }
        let dtype = expect(name).dtype
        precondition(dtype == .i64, "\(dtype.rawValue) of \(name) cannot be written from Int64")
        try values.withUnsafeBufferPointer { (buffer) throws(CheckpointError) in
            try append(UnsafeRawBufferPointer(buffer))
        }
    }

    /// Appends bytes, as stored, to tensor `name` of any type.
    public func writeBytes(_ bytes: UnsafeRawBufferPointer, to name: String) throws(CheckpointError) {
        if bytes.isEmpty { return }
        _ = expect(name)
        try append(bytes)
    }

    /// Brings everything to the disk, without giving it its name yet.
    ///
    /// - Precondition: all tensors are written.
    public func close() throws(CheckpointError) {
        precondition(current == tensors.count, "\(tensors.count - current) tensors are not written")
        try file.close()
    }

    /// Gives the file its name.
    public func commit() throws(CheckpointError) {
        try close()
        try file.commit()
    }

    /// The order of the reference writer.
    static func order(_ tensors: [TensorInfo]) -> [TensorInfo] {
        tensors.sorted { left, right in
            left.dtype == right.dtype
                ? left.name.utf8.lexicographicallyPrecedes(right.name.utf8) : left.dtype.rank > right.dtype.rank
        }
    }

    private func expect(_ name: String) -> TensorInfo {
        precondition(
            current < tensors.count && tensors[current].name == name,
            "the turn of '\(next?.name ?? "none")', not of '\(name)'")
        return tensors[current]
    }

    private func append(_ bytes: UnsafeRawBufferPointer) throws(CheckpointError) {
        let tensor = tensors[current]
        precondition(
            bytesOfCurrent + bytes.count <= tensor.byteCount,
            "more than the \(tensor.byteCount) bytes of \(tensor.name)")
        try file.write(bytes)
        bytesOfCurrent += bytes.count
        if bytesOfCurrent == tensor.byteCount {
            current += 1
            bytesOfCurrent = 0
            skipEmpty()
        }
    }

    /// Tensors without scalars have no turn.
    private func skipEmpty() {
        while current < tensors.count, tensors[current].byteCount == 0 { current += 1 }
    }

    static func header(_ tensors: [TensorInfo], _ metadata: [String: String]) -> String {
        var parts: [String] = []
        if !metadata.isEmpty {
            let entries = metadata.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            parts.append(
                "\"__metadata__\":{"
                    + entries.map { "\(jsonQuoted($0.key)):\(jsonQuoted($0.value))" }.joined(separator: ",") + "}")
        }
        var offset = 0
        for tensor in tensors {
            let shape = tensor.shape.map(String.init).joined(separator: ",")
            let end = offset + tensor.byteCount
            let (name, dtype) = (jsonQuoted(tensor.name), tensor.dtype.rawValue)
            parts.append(#"\#(name):{"dtype":"\#(dtype)","shape":[\#(shape)],"data_offsets":[\#(offset),\#(end)]}"#)
            offset = end
        }
        let text = "{" + parts.joined(separator: ",") + "}"
        return text + String(repeating: " ", count: (8 - text.utf8.count % 8) % 8)
    }
}
