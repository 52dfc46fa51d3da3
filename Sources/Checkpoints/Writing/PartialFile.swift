import Glibc

/// A file of known size that is filled in any order and appears whole or not at all; until then it survives the
/// process.
///
/// It lies beside its final name under one that every run finds again. `commit` brings it to the disk and gives it its
/// name; `discard` removes it; dropped without either, as by a kill, it stays for the next run. Writes may come from
/// several threads.
final class PartialFile: Sendable {
    /// The path asked for.
    let path: String
    /// Whether a run before this one left it.
    let existed: Bool
    private let target: String
    private let temporary: String
    private let descriptor: Int32

    /// - Parameters:
    ///   - keepsContents: false makes it new even if one was left.
    ///   - size: bytes it will have.
    ///   - isShared: takes part in filling one that another rank has made and holds.
    /// - Throws: `cannotWrite`, `inUse` if another process is filling it.
    init(_ path: String, size: Int, keepsContents: Bool, isShared: Bool = false) throws(CheckpointError) {
        AtomicFile.ignoreSizeSignal()
        let target = try AtomicFile.resolve(path)
        let (directory, name) = splitPath(target.path)
        guard !name.isEmpty else {
            throw .cannotWrite(file: path, cause: "the path names no file", written: 0, wanted: size)
        }
        (self.path, self.target) = (path, target.path)
        temporary = "\(directory).\(String(decoding: name.utf8.prefix(200), as: UTF8.self)).partial"
        descriptor = open(temporary, O_RDWR | (isShared ? 0 : O_CREAT) | O_CLOEXEC | O_NOFOLLOW, 0o666)
        guard descriptor >= 0 else {
            throw .cannotWrite(file: path, cause: systemErrorText(), written: 0, wanted: size)
        }
        var status = stat()
        existed = keepsContents && fstat(descriptor, &status) == 0 && Int(status.st_size) == size
        if isShared { return }
        // From here on `deinit` closes, after an error too.
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { throw .inUse(file: path) }
        if let mode = target.mode { fchmod(descriptor, mode & 0o777) }
        if !existed, ftruncate(descriptor, 0) != 0 || ftruncate(descriptor, size) != 0 {
            let error = CheckpointError.cannotWrite(file: path, cause: systemErrorText(), written: 0, wanted: size)
            unlink(temporary)
            throw error
        }
    }

    deinit {
        // A child that another thread is just starting holds a copy of the descriptor until its exec: closing alone
        // would leave the file locked for that long.
        flock(descriptor, LOCK_UN)
        close(descriptor)
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(CheckpointError) {
        var done = 0
        while done < bytes.count {
            let count = pwrite(descriptor, bytes.baseAddress! + done, bytes.count - done, offset + done)
            if count >= 0 {
                done += count
            } else if errno != EINTR {
                throw .cannotWrite(
                    file: path, cause: systemErrorText(), written: offset + done, wanted: offset + bytes.count)
            }
        }
    }

    /// Fills `buffer` with the bytes from `offset` on.
    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(CheckpointError) {
        var done = 0
        while done < buffer.count {
            let count = pread(descriptor, buffer.baseAddress! + done, buffer.count - done, offset + done)
            guard count != 0 else {
                throw .readFailed(file: path, cause: "the file ends early", offset: offset, bytes: buffer.count)
            }
            if count > 0 {
                done += count
            } else if errno != EINTR {
                throw .readFailed(file: path, cause: systemErrorText(), offset: offset, bytes: buffer.count)
            }
        }
    }

    /// Brings everything written so far to the disk.
    func flush() throws(CheckpointError) {
        guard fdatasync(descriptor) == 0 else {
            throw .cannotWrite(file: path, cause: systemErrorText(), written: 0, wanted: 0)
        }
    }

    /// Gives the file its name; flush before.
    func commit() throws(CheckpointError) {
        guard rename(temporary, target) == 0 else {
            throw .cannotWrite(file: path, cause: systemErrorText(), written: 0, wanted: 0)
        }
        try AtomicFile.flushFolder(of: target, file: path)
    }

    func discard() { unlink(temporary) }
}
