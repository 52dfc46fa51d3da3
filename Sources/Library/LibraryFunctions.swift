import CNino
import Glibc
import PluginHost
import Tensors

// The functions of nino.h on the library itself; what each does, and who owns what, stands there.

/// Kept for good: C is given its address.
nonisolated(unsafe) private let version = UnsafePointer<CChar>(strdup(HostVersion.text)!)

@c @implementation
public func nino_library_version() -> UnsafePointer<CChar>? { version }

@c @implementation
public func nino_library_set_threads(_ threads: Int64, _ message: UnsafeMutablePointer<nino_message_t>?)
    -> nino_outcome_t
{
    answer(message) {
        guard (1...1024).contains(threads) else {
            throw LibraryError.input("threads: expected 1 to 1024, found \(threads)")
        }
        Parallel.threads = Int(threads)
    }
}

@c @implementation
public func nino_library_threads() -> Int64 { Int64(Parallel.threads) }

@c @implementation
public func nino_library_program(
    _ out: UnsafeMutablePointer<nino_bytes_t>?, _ message: UnsafeMutablePointer<nino_message_t>?
) -> nino_outcome_t {
    answer(message) {
        try hand(Array(HostLocation.current.program.get().utf8), to: place(out, "program"))
    }
}

@c @implementation
public func nino_bytes_destroy(_ bytes: UnsafeMutablePointer<nino_bytes_t>?) {
    guard let bytes else { return }
    free(bytes.pointee.data)
    bytes.pointee = nino_bytes_t(data: nil, count: 0)
}

/// Gives bytes away, with a NUL behind them.
func hand(_ bytes: [UInt8], to place: UnsafeMutablePointer<nino_bytes_t>) throws {
    guard let memory = malloc(bytes.count + 1) else { throw LibraryError.input("out of memory") }
    bytes.withUnsafeBytes { if let base = $0.baseAddress { memory.copyMemory(from: base, byteCount: bytes.count) } }
    memory.storeBytes(of: 0, toByteOffset: bytes.count, as: UInt8.self)
    place.pointee = nino_bytes_t(data: memory, count: Int64(bytes.count))
}
