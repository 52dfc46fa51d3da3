import CZlib

/// Checksums of what is written.
public enum Checksum {
    /// CRC-32 of bytes, taken on from what came before.
    public static func crc32(_ bytes: UnsafeRawBufferPointer, from checksum: UInt32 = 0) -> UInt32 {
        guard let start = bytes.baseAddress else { return checksum }
        return UInt32(
            truncatingIfNeeded: crc32_z(UInt(checksum), start.assumingMemoryBound(to: UInt8.self), bytes.count))
    }
}
