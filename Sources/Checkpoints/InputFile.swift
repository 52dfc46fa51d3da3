import Glibc

/// A regular file opened for reading at any position, what a pipe gave, or bytes that are part of the program. Reads
/// never move a shared cursor, so threads may read at once.
///
/// Reads instead of mapping: a file cut short by another program is then an error and not a SIGBUS.
final class InputFile: Sendable {
    let path: String
    /// Bytes, when it was opened.
    let size: Int
    private let contents: Contents

    private enum Contents: @unchecked Sendable {
        case file(descriptor: Int32)
        case memory(UnsafeRawBufferPointer)
    }

    /// Where other libraries find the bytes.
    var systemPath: String {
        if case .file(let descriptor) = contents, isSpooled { return "/proc/self/fd/\(descriptor)" }
        return path
    }
    private let isSpooled: Bool

    /// - Throws: `cannotOpen` (missing, unreadable), `notAFile` (directory, device, a pipe that nobody writes to),
    ///   `emptyFile`.
    init(_ path: String) throws(CheckpointError) {
        // Without O_NONBLOCK, opening a pipe would wait for its writer.
        var descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .cannotOpen(file: path, cause: systemErrorText()) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let cause = systemErrorText()
            close(descriptor)
            throw .cannotOpen(file: path, cause: cause)
        }
        isSpooled = status.st_mode & S_IFMT == S_IFIFO
        if isSpooled {
            let pipe = Pipe(descriptor: descriptor, path: path)
            defer { close(pipe.descriptor) }
            descriptor = try pipe.spool()
            fstat(descriptor, &status)
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            close(descriptor)
            throw .notAFile(file: path, found: InputFile.kind(of: status.st_mode))
        }
        guard status.st_size > 0 else {
            close(descriptor)
            throw .emptyFile(file: path)
        }
        self.path = path
        self.size = Int(status.st_size)
        contents = .file(descriptor: descriptor)
    }

    /// - Parameters:
    ///   - memory: must stay as it is for good.
    ///   - name: stands for the path in messages.
    init(memory: UnsafeRawBufferPointer, name: String) {
        (path, size, contents, isSpooled) = (name, memory.count, .memory(memory), false)
    }

    deinit {
        if case .file(let descriptor) = contents { close(descriptor) }
    }

    /// Fills `buffer` with the bytes from `offset` on.
    ///
    /// - Throws: `readFailed` on a system error or if the file ends early.
    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(CheckpointError) {
        switch contents {
        case .file(let descriptor): try read(descriptor, at: offset, into: buffer)
        case .memory(let bytes):
            guard offset + buffer.count <= size else {
                throw .readFailed(file: path, cause: "it ends early", offset: offset, bytes: buffer.count)
            }
            buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset + buffer.count)]))
        }
    }

    private func read(_ descriptor: Int32, at offset: Int, into buffer: UnsafeMutableRawBufferPointer)
        throws(CheckpointError)
    {
        var done = 0
        while done < buffer.count {
            let count = pread(descriptor, buffer.baseAddress! + done, buffer.count - done, offset + done)
            if count > 0 {
                done += count
            } else if count == 0 {
                throw .readFailed(
                    file: path, cause: "the file ends early", offset: offset + done, bytes: buffer.count - done)
            } else if errno != EINTR {
                throw .readFailed(
                    file: path, cause: systemErrorText(), offset: offset + done, bytes: buffer.count - done)
            }
        }
    }

    /// The bytes of a range that lies inside the file.
    func bytes(_ range: Range<Int>) throws(CheckpointError) -> [UInt8] {
        try filledArray(range.count, file: path, what: "its contents") { (buffer) throws(CheckpointError) in
            try read(at: range.lowerBound, into: UnsafeMutableRawBufferPointer(buffer))
        }
    }

    static func kind(of mode: mode_t) -> String {
        switch mode & S_IFMT {
        case S_IFDIR: "a directory"
        case S_IFIFO: "a pipe"
        case S_IFSOCK: "a socket"
        case S_IFCHR, S_IFBLK: "a device"
        default: "something else"
        }
    }
}

/// The text of the last failed system call's error.
func systemErrorText(_ code: Int32 = errno) -> String {
    String(cString: strerror(code))
}
