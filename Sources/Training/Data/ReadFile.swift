import Foundation

/// The bytes of the file at `path`.
///
/// - Throws: `cannotRead` with the system's own words.
func readFile(_ path: String) throws(TrainingError) -> [UInt8] {
    guard let file = fopen(path, "rb") else {
        throw .cannotRead(file: path, reason: String(cString: strerror(errno)))
    }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    let chunkSize = 1 << 20
    while true {
        let chunk = [UInt8](unsafeUninitializedCapacity: chunkSize) { buffer, count in
            count = fread(buffer.baseAddress, 1, chunkSize, file)
        }
        bytes += chunk
        if chunk.count < chunkSize { break }
    }
    guard ferror(file) == 0 else {
        throw .cannotRead(file: path, reason: String(cString: strerror(errno)))
    }
    return bytes
}
