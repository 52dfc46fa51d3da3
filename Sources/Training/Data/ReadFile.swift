import Checkpoints

/// Bytes of a text or a data set: more than any that a processor trains on (enwik9 has 1e9), and what memory holds.
let largestDataFile = 1 << 30

/// The bytes of the file or pipe at `path`.
///
/// - Parameter limit: bytes; checked before memory is taken.
/// - Throws: `cannotRead`; `file` for what is no file or too large.
func readFile(_ path: String, limit: Int = largestDataFile) throws(TrainingError) -> [UInt8] {
    do throws(CheckpointError) {
        return try WholeFile.bytes(of: path, limit: limit)
    } catch .cannotOpen(let file, let cause) {
        throw .cannotRead(file: file, reason: cause)
    } catch {
        throw .file(error)
    }
}
