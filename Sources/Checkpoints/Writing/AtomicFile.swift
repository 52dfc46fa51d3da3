import Glibc

/// A file that appears whole or not at all.
///
/// Everything is written to a temporary sibling in the same folder; `commit` flushes it to the disk, gives it its name,
/// and flushes the folder. Until then, and on any failure, what stood under the name is untouched; a file that is
/// dropped without `commit` (an error, an interruption that ends in a throw) leaves nothing behind. Use from one thread
/// at a time.
public final class AtomicFile {
    /// The path asked for.
    public let path: String
    public private(set) var bytesWritten = 0

    /// Where the file ends up: `path`, or what it points to.
    private let target: String
    private let temporary: String
    private var descriptor: Int32
    private var isNamed = false

    /// Creates the temporary sibling. A file that exists already lends its permissions.
    ///
    /// - Throws: `cannotWrite`, also if something other than a regular file bears the name.
    public init(_ path: String) throws(CheckpointError) {
        // Beyond the limit on file sizes the default is to kill the process; ignored, the write fails with EFBIG.
        AtomicFile.ignoreSizeSignal()
        let target = try AtomicFile.resolve(path)
        let (directory, name) = splitPath(target.path)
        guard !name.isEmpty else {
            throw .cannotWrite(file: path, cause: "the path names no file", written: 0, wanted: 0)
        }
        let tag = String(UInt64.random(in: 0...UInt64.max), radix: 36)
        // Long names are cut so that the sibling's stays within the limit on names.
        let temporary = "\(directory).\(String(decoding: name.utf8.prefix(200), as: UTF8.self)).\(tag).tmp"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw .cannotWrite(file: path, cause: systemErrorText(), written: 0, wanted: 0) }
        if let mode = target.mode { fchmod(descriptor, mode & 0o777) }
        self.path = path
        self.target = target.path
        self.temporary = temporary
        self.descriptor = descriptor
    }

    deinit {
        discard()
    }

    /// Appends bytes.
    ///
    /// - Throws: `cannotWrite` with the system's reason; the temporary is gone then.
    public func write(_ bytes: UnsafeRawBufferPointer) throws(CheckpointError) {
        precondition(descriptor >= 0, "\(path) is already closed")
        var done = 0
        while done < bytes.count {
            let count = Glibc.write(descriptor, bytes.baseAddress! + done, bytes.count - done)
            if count >= 0 {
                done += count
                bytesWritten += count
            } else if errno != EINTR {
                throw fail(wanted: bytesWritten + bytes.count - done)
            }
        }
    }

    /// Appends text as UTF-8.
    public func write(_ text: String) throws(CheckpointError) {
        let bytes = Array(text.utf8)
        try bytes.withUnsafeBufferPointer { (buffer) throws(CheckpointError) in
            try write(UnsafeRawBufferPointer(buffer))
        }
    }

    /// Brings everything written so far to the disk and closes the temporary; only `commit` may follow.
    public func close() throws(CheckpointError) {
        guard descriptor >= 0 else { return }
        guard fsync(descriptor) == 0 else { throw fail(wanted: bytesWritten) }
        let result = Glibc.close(descriptor)
        descriptor = -1
        guard result == 0 else { throw fail(wanted: bytesWritten) }
    }

    /// Gives the file its name.
    ///
    /// - Throws: `cannotWrite`; the temporary is gone then.
    public func commit() throws(CheckpointError) {
        precondition(!isNamed, "\(path) is already in place")
        try close()
        guard rename(temporary, target) == 0 else { throw fail(wanted: bytesWritten) }
        isNamed = true
        try AtomicFile.flushFolder(of: target, file: path)
    }

    /// Brings a file's new name to the disk.
    static func flushFolder(of target: String, file: String) throws(CheckpointError) {
        let directory = splitPath(target).directory
        let folder = open(directory.isEmpty ? "." : directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { return }
        defer { Glibc.close(folder) }
        // Some file systems cannot flush a folder (EINVAL); the file itself is safe.
        if fsync(folder) != 0, errno != EINVAL {
            throw .cannotWrite(file: file, cause: systemErrorText(), written: 0, wanted: 0)
        }
    }

    /// Writes a whole file at once.
    public static func write(_ text: String, to path: String) throws(CheckpointError) {
        let file = try AtomicFile(path)
        try file.write(text)
        try file.commit()
    }

    static func ignoreSizeSignal() { _ = ignoresSizeSignal }

    private static let ignoresSizeSignal: Bool = {
        signal(SIGXFSZ, SIG_IGN)
        return true
    }()

    /// Removes the temporary and describes the last system error.
    private func fail(wanted: Int) -> CheckpointError {
        let cause = systemErrorText()
        discard()
        return .cannotWrite(file: path, cause: cause, written: bytesWritten, wanted: wanted)
    }

    private func discard() {
        if descriptor >= 0 { Glibc.close(descriptor) }
        descriptor = -1
        if !isNamed { unlink(temporary) }
        isNamed = true
    }

    /// Follows links, so that a link stays one; refuses to replace a folder, pipe or device.
    static func resolve(_ path: String) throws(CheckpointError) -> (path: String, mode: mode_t?) {
        var status = stat()
        guard stat(path, &status) == 0 else { return (path, nil) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            let what = status.st_mode & S_IFMT == S_IFDIR ? "a directory" : "a pipe or device"
            throw .cannotWrite(
                file: path, cause: "expected a file or nothing under this name, found \(what)", written: 0, wanted: 0)
        }
        guard let real = realpath(path, nil) else { return (path, status.st_mode) }
        defer { free(real) }
        return (String(cString: real), status.st_mode)
    }
}
