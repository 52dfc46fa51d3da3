import CZlib

/// Decompresses gzip data with zlib, which checks each member's length and CRC.
enum Gzip {
    static func isCompressed(_ bytes: [UInt8]) -> Bool {
        bytes.starts(with: [0x1F, 0x8B])
    }

    /// The contents of all members, one after the other.
    ///
    /// - Parameters:
    ///   - limit: bytes; more than that is an error, so that a small file cannot fill the memory.
    ///   - file: name for errors.
    /// - Throws: `compressedDataDamaged` when the data is truncated, fails a check, is followed by other bytes or is
    ///   larger than `limit`.
    static func decompress(_ compressed: [UInt8], limit: Int, file: String) throws(TrainingError) -> [UInt8] {
        var output: [UInt8] = []
        var position = 0
        repeat {
            let (member, consumed) = try decompressMember(
                compressed[position...], limit: limit - output.count, file: file)
            output += member
            position += consumed
        } while position < compressed.count
        return output
    }

    private static func decompressMember(
        _ compressed: ArraySlice<UInt8>, limit: Int, file: String
    ) throws(TrainingError) -> (output: [UInt8], consumed: Int) {
        var stream = z_stream()
        // 16 + 15: a gzip header is required, with the largest window.
        let opened = inflateInit2_(&stream, 16 + MAX_WBITS, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard opened == Z_OK else {
            throw .compressedDataDamaged(file: file, reason: "zlib does not start (code \(opened))")
        }
        defer { inflateEnd(&stream) }

        var output: [UInt8] = []
        let chunkSize = 1 << 18
        var status = Z_OK
        compressed.withUnsafeBufferPointer { input in
            stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
            stream.avail_in = UInt32(clamping: input.count)
            while status == Z_OK, output.count <= limit {
                let chunk = [UInt8](unsafeUninitializedCapacity: chunkSize) { buffer, count in
                    stream.next_out = buffer.baseAddress
                    stream.avail_out = UInt32(chunkSize)
                    status = inflate(&stream, Z_NO_FLUSH)
                    count = chunkSize - Int(stream.avail_out)
                }
                output += chunk
            }
        }
        guard output.count <= limit else {
            throw .compressedDataDamaged(file: file, reason: "it holds more than \(limit) bytes")
        }
        guard status == Z_STREAM_END else {
            let reason = stream.msg.map { String(cString: $0) } ?? "it ends too early"
            throw .compressedDataDamaged(file: file, reason: reason)
        }
        return (output, Int(stream.total_in))
    }
}
