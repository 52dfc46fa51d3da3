import Glibc

/// A pipe, such as `<(zcat a.safetensors.gz)` in a shell, opened without waiting.
struct Pipe {
    let descriptor: Int32
    let path: String

    private static let chunkBytes = 1 << 20

    /// Everything that comes out of it, in a file without a name that is gone when it is closed.
    ///
    /// - Returns: a descriptor of the file.
    /// - Throws: `notAFile` if nobody writes to it; `readFailed`; `cannotWrite` if the temporary folder is full.
    func spool() throws(CheckpointError) -> Int32 {
        let folder = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        let name = "\(folder)/nino-\(String(UInt64.random(in: 0...UInt64.max), radix: 36))"
        let file = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw .cannotOpen(file: path, cause: "no temporary file: \(systemErrorText())") }
        unlink(name)
        do throws(CheckpointError) {
            var total = 0
            try forEachChunk { (bytes) throws(CheckpointError) in
                var done = 0
                while done < bytes.count {
                    let count = write(file, bytes.baseAddress! + done, bytes.count - done)
                    guard count >= 0 || errno == EINTR else {
                        throw .cannotWrite(
                            file: path, cause: "temporary file: \(systemErrorText())", written: total,
                            wanted: total + bytes.count)
                    }
                    done += max(count, 0)
                }
                total += done
            }
        } catch {
            close(file)
            throw error
        }
        return file
    }

    /// Everything that comes out of it, up to a bound.
    ///
    /// - Throws: as `spool`, and `tooLarge`.
    func contents(limit: Int) throws(CheckpointError) -> [UInt8] {
        var all: [UInt8] = []
        try forEachChunk { (bytes) throws(CheckpointError) in
            guard all.count + bytes.count <= limit else {
                throw .tooLarge(file: path, limit: limit, found: "more")
            }
            all += bytes
        }
        return all
    }

    /// As `contents`; nothing at all is no error.
    func rest(limit: Int) throws(CheckpointError) -> [UInt8] {
        do throws(CheckpointError) {
            return try contents(limit: limit)
        } catch .notAFile {
            return []
        }
    }

    private func forEachChunk(_ body: (UnsafeRawBufferPointer) throws(CheckpointError) -> Void)
        throws(CheckpointError)
    {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.chunkBytes, alignment: 64)
        defer { buffer.deallocate() }
        var hasBytes = false
        while true {
            let count = read(descriptor, buffer.baseAddress!, buffer.count)
            if count > 0 {
                hasBytes = true
                try body(UnsafeRawBufferPointer(rebasing: buffer.prefix(count)))
            } else if count == 0 {
                guard hasBytes else { throw .notAFile(file: path, found: "a pipe that nobody writes to") }
                return
            } else if errno == EAGAIN {
                var wait = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
                _ = poll(&wait, 1, -1)
            } else if errno != EINTR {
                throw .readFailed(file: path, cause: systemErrorText(), offset: 0, bytes: buffer.count)
            }
        }
    }
}
