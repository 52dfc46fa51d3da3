import Glibc

/// Writes a checkpoint whose scalars come in any order: one safetensors file, or shards and their index.
///
/// Byte for byte the files of `CheckpointWriter`. Nothing is visible under the final names before `commit`; what has
/// been written survives the process, so that a later run may go on. `discard` leaves nothing behind. Writes may come
/// from several threads.
public final class CheckpointAssembler: Sendable {
    private struct Place: Sendable {
        let info: TensorInfo
        let file: Int
        /// First byte in the file.
        let offset: Int
    }

    /// True if a run before this one left all of the unfinished files.
    public let continues: Bool
    private let path: String
    private let files: [PartialFile]
    private let places: [String: Place]
    private let index: (path: String, text: String)?
    private let madeDirectory: String?

    /// - Parameters:
    ///   - path: as for `CheckpointWriter`.
    ///   - continuing: takes up what an interrupted run left; false begins anew.
    ///   - isShared: takes part in writing what another rank has begun, and will commit.
    /// - Throws: `cannotWrite`, `headerTooLong`, `noSpace`, `inUse`.
    public init(
        _ path: String, layout: CheckpointLayout, continuing: Bool, isShared: Bool = false
    ) throws(CheckpointError) {
        self.path = path
        let (directory, indexName, isOurs) = try CheckpointWriter.place(path, layout)
        madeDirectory = isOurs ? directory : nil
        index = layout.index.map { (directory + indexName, CheckpointWriter.indexText($0, layout)) }
        let images = layout.files.map { FileImage($0) }
        var files: [PartialFile] = []
        var places: [String: Place] = [:]
        do throws(CheckpointError) {
            for image in images where image.headerLength > SafetensorsHeader.longest {
                throw .headerTooLong(file: path, expected: SafetensorsHeader.longest, found: UInt64(image.headerLength))
            }
            let total = images.reduce(0) { $0 + $1.size }
            if !continuing, !isShared { try requireSpace(total, for: path) }
            let names = layout.files.map { $0.name.isEmpty ? path : directory + $0.name }
            for (name, image) in zip(names, images) {
                files.append(
                    try PartialFile(name, size: image.size, keepsContents: continuing, isShared: isShared))
            }
            continues = files.allSatisfy(\.existed)
            if continuing, !continues, !isShared { try requireSpace(total, for: path) }
            for (number, image) in images.enumerated() {
                let file = files[number]
                if !isShared {
                    try image.header.withUnsafeBufferPointer { (bytes) throws(CheckpointError) in
                        try file.write(UnsafeRawBufferPointer(bytes), at: 0)
                    }
                }
                for (info, offset) in image.tensors {
                    places[info.name] = Place(info: info, file: number, offset: offset)
                }
            }
        } catch {
            if !continuing, !isShared { files.forEach { $0.discard() } }
            if let madeDirectory { rmdir(madeDirectory) }
            throw error
        }
        (self.files, self.places) = (files, places)
    }

    /// Names of all tensors, in no particular order.
    public var tensorNames: some Collection<String> { places.keys }

    /// Puts float32 scalars into tensor `name` from element `first` on, narrowing or widening them to its type.
    ///
    /// - Parameter checksum: taken on over the bytes as they lie in the file.
    /// - Precondition: a tensor of type F32, F16, BF16 or F64 into which they fit.
    public func write(
        _ values: UnsafeBufferPointer<Float>, to name: String, at first: Int, checksum: inout UInt32
    ) throws(CheckpointError) {
        let place = self.place(name, first..<(first + values.count))
        let size = place.info.dtype.size!
        if place.info.dtype == .f32 {
            let bytes = UnsafeRawBufferPointer(values)
            checksum = Checksum.crc32(bytes, from: checksum)
            return try files[place.file].write(bytes, at: place.offset + first * 4)
        }
        let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, values.count * size), alignment: 64)
        defer { scratch.deallocate() }
        ScalarCoding.encode(values, as: place.info.dtype, into: scratch)
        let bytes = UnsafeRawBufferPointer(rebasing: scratch[..<(values.count * size)])
        checksum = Checksum.crc32(bytes, from: checksum)
        try files[place.file].write(bytes, at: place.offset + first * size)
    }

    /// Puts float32 scalars into tensor `name` from element `first` on, narrowing or widening them to its type.
    public func write(_ values: UnsafeBufferPointer<Float>, to name: String, at first: Int) throws(CheckpointError) {
        var checksum: UInt32 = 0
        try write(values, to: name, at: first, checksum: &checksum)
    }

    /// Takes a checksum on over scalars as they lie in the file.
    ///
    /// - Precondition: the range lies inside the tensor.
    public func addChecksum(of name: String, _ range: Range<Int>, to checksum: inout UInt32) throws(CheckpointError) {
        let place = self.place(name, range)
        let size = place.info.dtype.size!
        let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 64)
        defer { scratch.deallocate() }
        for start in stride(from: range.lowerBound * size, to: range.upperBound * size, by: scratch.count) {
            let count = min(scratch.count, range.upperBound * size - start)
            let part = UnsafeMutableRawBufferPointer(rebasing: scratch.prefix(count))
            try files[place.file].read(at: place.offset + start, into: part)
            checksum = Checksum.crc32(UnsafeRawBufferPointer(part), from: checksum)
        }
    }

    /// Scalars of a tensor; 0 if there is none of this name.
    public func count(of name: String) -> Int { places[name]?.info.count ?? 0 }

    /// Copies tensor `name` from a checkpoint that has it with the same type and shape, bit for bit.
    public func copy(_ name: String, from source: Checkpoint) throws(CheckpointError) {
        guard let info = source[name] else { throw .tensorMissing(file: source.path, tensor: name) }
        let place = self.place(name, 0..<info.count)
        let scratch = UnsafeMutableRawBufferPointer.allocate(
            byteCount: max(1, min(info.byteCount, 1 << 22)), alignment: 64)
        defer { scratch.deallocate() }
        for start in stride(from: 0, to: info.byteCount, by: scratch.count) {
            let part = UnsafeMutableRawBufferPointer(
                rebasing: scratch.prefix(min(scratch.count, info.byteCount - start)))
            try source.readBytes(name, start..<(start + part.count), into: part)
            try files[place.file].write(UnsafeRawBufferPointer(part), at: place.offset + start)
        }
    }

    /// Brings everything written so far to the disk.
    public func flush() throws(CheckpointError) {
        for file in files { try file.flush() }
    }

    /// Gives all files their names, the index last.
    public func commit() throws(CheckpointError) {
        try flush()
        var indexFile: AtomicFile?
        if let index {
            indexFile = try AtomicFile(index.path)
            try indexFile!.write(index.text)
            try indexFile!.close()
        }
        for file in files { try file.commit() }
        try indexFile?.commit()
    }

    /// Removes everything that was begun.
    public func discard() {
        files.forEach { $0.discard() }
        if let madeDirectory { rmdir(madeDirectory) }
    }

    private func place(_ name: String, _ range: Range<Int>) -> Place {
        guard let place = places[name] else { preconditionFailure("no tensor '\(name)' in \(path)") }
        precondition(
            range.lowerBound >= 0 && range.upperBound <= place.info.count,
            "scalars \(range) of the \(place.info.count) of \(name)")
        return place
    }
}

/// One file as it will be: its first bytes, and where each tensor begins.
private struct FileImage {
    let header: [UInt8]
    let headerLength: Int
    let tensors: [(TensorInfo, offset: Int)]
    let size: Int

    init(_ file: CheckpointLayout.File) {
        let ordered = SafetensorsWriter.order(file.tensors)
        let text = Array(SafetensorsWriter.header(ordered, file.metadata).utf8)
        headerLength = text.count
        header = withUnsafeBytes(of: UInt64(text.count).littleEndian) { Array($0) } + text
        var (offset, tensors) = (header.count, [(TensorInfo, offset: Int)]())
        for tensor in ordered {
            tensors.append((tensor, offset))
            offset += tensor.byteCount
        }
        (self.tensors, size) = (tensors, offset)
    }
}

/// Refuses before the work what would fail at its end.
///
/// - Throws: `noSpace` if the disk that holds `path` has fewer bytes free for this user.
public func requireSpace(_ bytes: Int, for path: String) throws(CheckpointError) {
    let directory = splitPath(path).directory
    var status = statvfs()
    // A file system that cannot say is given the benefit of the doubt.
    guard statvfs(directory.isEmpty ? "." : directory, &status) == 0 else { return }
    let (free, overflow) = Int(clamping: status.f_bavail).multipliedReportingOverflow(by: Int(status.f_frsize))
    guard overflow || free >= bytes else { throw .noSpace(file: path, needed: bytes, free: free) }
}
