import CZlib
import Checkpoints

extension Checkpoint {
    /// Tells apart checkpoints that stood under one path: CRC-32 over names, shapes and values.
    ///
    /// - Throws: `CheckpointError`.
    func checksum() throws -> String {
        var sum: UInt = 0
        func add(_ bytes: UnsafeRawBufferPointer) {
            sum = crc32_z(sum, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count)
        }
        for tensor in tensors.sorted(by: { $0.name < $1.name }) {
            Array("\(tensor.name) \(tensor.shape)".utf8).withUnsafeBytes(add)
            try floats(tensor.name).withUnsafeBytes(add)
        }
        return "crc32 \(String(sum, radix: 16))"
    }
}
