import CZip
import Synchronization

/// A zip archive read through libzip. Sizes come from the central directory: entries of PyTorch leave them out of their
/// own headers.
///
/// No byte of an entry is handed out before its checksum has been verified once over the whole entry, except when
/// the entry is read whole, where both happen in one pass.
final class ZipArchive: Sendable {
    struct Entry: Sendable {
        let name: String
        /// Bytes, unpacked.
        let size: Int
        /// Stored without compression, so that reading may start anywhere.
        fileprivate let isStored: Bool
        fileprivate let index: UInt64
    }

    /// Largest compressed entry this reader unpacks, in bytes: PyTorch stores without compression, and 1 MB of archive
    /// can unpack to 1 GB.
    static let largestCompressed = 1 << 30

    let path: String
    let entries: [String: Entry]
    private let reader: Mutex<Reader>

    /// Entries: beyond any real archive, few enough to list.
    static let mostEntries = 1 << 20

    /// - Parameter part: bytes of the file that are the archive; nil for all.
    /// - Throws: `badArchive`, `entryDuplicated`, `entryTooLarge`.
    init(_ input: InputFile, part: Range<Int>? = nil) throws(CheckpointError) {
        let path = input.path
        let fileSize = part?.count ?? input.size
        let handle = try ZipArchive.open(input, part: part ?? 0..<input.size)
        let reader = Reader(path: path, handle: handle)
        var entries: [String: Entry] = [:]
        guard zip_get_num_entries(handle, 0) <= ZipArchive.mostEntries else {
            throw .badArchive(file: path, entry: "", cause: "more than \(ZipArchive.mostEntries) entries")
        }
        for index in 0..<UInt64(max(0, zip_get_num_entries(handle, 0))) {
            let entry = try ZipArchive.entry(index, of: handle, path: path, fileSize: fileSize)
            guard entries.updateValue(entry, forKey: entry.name) == nil else {
                throw .entryDuplicated(file: path, entry: entry.name)
            }
        }
        self.path = path
        self.entries = entries
        self.reader = Mutex(reader)
    }

    /// Fills `buffer` with the bytes of an entry from `offset` on.
    ///
    /// - Throws: `badArchive`, also if the checksum is wrong.
    func read(_ entry: Entry, at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(CheckpointError) {
        precondition(
            offset >= 0 && offset + buffer.count <= entry.size,
            "\(offset) + \(buffer.count) is outside entry \(entry.name)")
        nonisolated(unsafe) let buffer = buffer
        try reader.withLock { (reader) throws(CheckpointError) in try reader.read(entry, at: offset, into: buffer) }
    }

    /// The first bytes of an entry.
    func start(of entry: Entry, count: Int) throws(CheckpointError) -> [UInt8] {
        try filledArray(count, file: path, what: "entry '\(entry.name)'") { (bytes) throws(CheckpointError) in
            try read(entry, at: 0, into: UnsafeMutableRawBufferPointer(bytes))
        }
    }

    /// The whole entry.
    func contents(of entry: Entry) throws(CheckpointError) -> [UInt8] {
        try filledArray(entry.size, file: path, what: "entry '\(entry.name)'") { (bytes) throws(CheckpointError) in
            try read(entry, at: 0, into: UnsafeMutableRawBufferPointer(bytes))
        }
    }

    private static func open(_ input: InputFile, part: Range<Int>) throws(CheckpointError) -> OpaquePointer {
        var error = zip_error_t()
        zip_error_init(&error)
        defer { zip_error_fini(&error) }
        let source = zip_source_file_create(
            input.systemPath, UInt64(part.lowerBound), Int64(part.count), &error)
        guard let source else { throw failure(&error, input.path) }
        guard let handle = zip_open_from_source(source, ZIP_RDONLY, &error) else {
            zip_source_free(source)
            throw failure(&error, input.path)
        }
        return handle
    }

    private static func failure(_ error: inout zip_error_t, _ path: String) -> CheckpointError {
        .badArchive(file: path, entry: "", cause: String(cString: zip_error_strerror(&error)))
    }

    private static func entry(_ index: UInt64, of handle: OpaquePointer, path: String, fileSize: Int)
        throws(CheckpointError) -> Entry
    {
        var status = zip_stat_t()
        zip_stat_init(&status)
        guard zip_stat_index(handle, index, 0, &status) == 0, let name = status.name else {
            throw .badArchive(file: path, entry: "\(index)", cause: String(cString: zip_strerror(handle)))
        }
        let needed = UInt64(ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD)
        guard status.valid & needed == needed, status.comp_size <= UInt64(fileSize) else {
            throw .badArchive(
                file: path, entry: String(cString: name),
                cause: "expected at most \(fileSize) bytes in the archive, found \(status.comp_size)")
        }
        let isStored = status.comp_method == UInt16(ZIP_CM_STORE)
        let limit = isStored ? fileSize : largestCompressed
        guard status.size <= UInt64(limit) else {
            throw .entryTooLarge(file: path, entry: String(cString: name), limit: limit, found: status.size)
        }
        return Entry(name: String(cString: name), size: Int(status.size), isStored: isStored, index: index)
    }
}

extension ZipArchive {
    /// libzip's handle and one open entry; used by one thread at a time.
    fileprivate struct Reader: ~Copyable, @unchecked Sendable {
        private let path: String
        private let handle: OpaquePointer
        private var open: (entry: Entry, file: OpaquePointer, position: Int)?
        private var verified: Set<UInt64> = []

        init(path: String, handle: OpaquePointer) {
            self.path = path
            self.handle = handle
        }

        deinit {
            if let open { zip_fclose(open.file) }
            zip_discard(handle)
        }

        mutating func read(_ entry: Entry, at offset: Int, into buffer: UnsafeMutableRawBufferPointer)
            throws(CheckpointError)
        {
            if verified.contains(entry.index) {
                try move(to: offset, in: entry)
                try readOn(buffer)
            } else if buffer.count == entry.size {
                try move(to: 0, in: entry)
                try readOn(buffer)
                try finish(entry)
            } else {
                try verify(entry)
                try move(to: offset, in: entry)
                try readOn(buffer)
            }
        }

        /// Reads the entry once from start to end.
        private mutating func verify(_ entry: Entry) throws(CheckpointError) {
            try move(to: 0, in: entry)
            try skip(entry.size)
            try finish(entry)
        }

        /// libzip compares checksum and size when it reads past the last byte.
        private mutating func finish(_ entry: Entry) throws(CheckpointError) {
            var extra: UInt8 = 0
            let count = zip_fread(open!.file, &extra, 1)
            guard count == 0 else {
                throw count < 0
                    ? failure()
                    : .badArchive(file: path, entry: entry.name, cause: "expected \(entry.size) bytes, found more")
            }
            verified.insert(entry.index)
        }

        private mutating func move(to offset: Int, in entry: Entry) throws(CheckpointError) {
            // An entry that is not verified is read from its start by a fresh handle: libzip drops its checksum after a
            // seek.
            let isOpen = open?.entry.index == entry.index && verified.contains(entry.index)
            if !isOpen || (!entry.isStored && open!.position > offset) { try reopen(entry) }
            if open!.position == offset { return }
            if entry.isStored {
                // Tried on a compressed entry, this would spoil the handle for later reads.
                guard zip_fseek(open!.file, Int64(offset), SEEK_SET) == 0 else { throw failure() }
                open!.position = offset
            } else {
                try skip(offset - open!.position)
            }
        }

        private mutating func reopen(_ entry: Entry) throws(CheckpointError) {
            if let open { zip_fclose(open.file) }
            open = nil
            guard let file = zip_fopen_index(handle, entry.index, 0) else {
                throw .badArchive(file: path, entry: entry.name, cause: String(cString: zip_strerror(handle)))
            }
            open = (entry, file, 0)
        }

        private mutating func skip(_ count: Int) throws(CheckpointError) {
            let scratch = UnsafeMutableRawBufferPointer.allocate(
                byteCount: min(max(count, 1), ScalarCoding.chunkBytes), alignment: 16)
            defer { scratch.deallocate() }
            var left = count
            while left > 0 {
                let part = min(left, scratch.count)
                try readOn(UnsafeMutableRawBufferPointer(rebasing: scratch.prefix(part)))
                left -= part
            }
        }

        private mutating func readOn(_ buffer: UnsafeMutableRawBufferPointer) throws(CheckpointError) {
            var done = 0
            while done < buffer.count {
                let count = zip_fread(open!.file, buffer.baseAddress! + done, UInt64(buffer.count - done))
                guard count > 0 else {
                    throw count < 0
                        ? failure()
                        : .badArchive(
                            file: path, entry: open!.entry.name,
                            cause: "expected \(open!.entry.size) bytes, found \(open!.position + done)")
                }
                done += Int(count)
            }
            open!.position += done
        }

        private func failure() -> CheckpointError {
            .badArchive(file: path, entry: open!.entry.name, cause: String(cString: zip_file_strerror(open!.file)))
        }
    }
}
