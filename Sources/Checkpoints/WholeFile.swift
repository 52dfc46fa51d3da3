import Glibc

/// Small files read whole: configs, texts, data sets.
public enum WholeFile {
    /// The bytes of a regular file or of a pipe.
    ///
    /// - Parameter limit: bytes; checked before memory is taken.
    /// - Throws: `cannotOpen`; `notAFile` for directories, devices and pipes that nobody writes to; `tooLarge`;
    ///   `readFailed`; `outOfMemory`.
    public static func bytes(of path: String, limit: Int) throws(CheckpointError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .cannotOpen(file: path, cause: systemErrorText()) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .cannotOpen(file: path, cause: systemErrorText()) }
        switch status.st_mode & S_IFMT {
        case S_IFIFO: return try Pipe(descriptor: descriptor, path: path).contents(limit: limit)
        case S_IFREG: break
        default: throw .notAFile(file: path, found: InputFile.kind(of: status.st_mode))
        }
        guard status.st_size <= limit else {
            throw .tooLarge(file: path, limit: limit, found: "\(status.st_size)")
        }
        // A file of the kernel has no size and is read all the same.
        guard status.st_size > 0 else { return try Pipe(descriptor: descriptor, path: path).rest(limit: limit) }
        return try filledArray(Int(status.st_size), file: path, what: "its contents") {
            (buffer) throws(CheckpointError) in
            var done = 0
            while done < buffer.count {
                let count = pread(descriptor, buffer.baseAddress! + done, buffer.count - done, done)
                if count > 0 {
                    done += count
                } else if count == 0 || errno != EINTR {
                    let cause = count == 0 ? "the file ends early" : systemErrorText()
                    throw .readFailed(file: path, cause: cause, offset: done, bytes: buffer.count - done)
                }
            }
        }
    }
}
