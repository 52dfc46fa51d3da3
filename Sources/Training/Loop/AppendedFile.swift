import Checkpoints
import Foundation

/// A text file that grows line by line.
final class AppendedFile {
    private let path: String
    private let descriptor: Int32

    /// Replaces what there was.
    ///
    /// - Throws: `cannotWrite`.
    init(_ path: String, beginning: String) throws {
        self.path = path
        try AtomicFile.write(beginning, to: path)
        // `deinit` closes what is stored, after an error too.
        let descriptor = open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw TrainingError.cannotWrite(file: path, reason: String(cString: strerror(errno)))
        }
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
    }

    /// Adds a text with one call of the system.
    ///
    /// - Throws: `cannotWrite`.
    func append(_ text: String) throws(TrainingError) {
        let bytes = Array(text.utf8)
        let written = write(descriptor, bytes, bytes.count)
        guard written == bytes.count else {
            let reason =
                written < 0 ? String(cString: strerror(errno)) : "\(written) of \(bytes.count) bytes were written"
            throw .cannotWrite(file: path, reason: reason)
        }
    }
}
