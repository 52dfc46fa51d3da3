import Glibc

/// An array whose memory `fill` writes before anything else touches it. The memory is asked for first: `outOfMemory`,
/// not a trap.
///
/// - Parameter what: what the memory is for, for the error.
func filledArray<Element: BitwiseCopyable>(
    _ count: Int, file: String, what: String,
    _ fill: (UnsafeMutableBufferPointer<Element>) throws(CheckpointError) -> Void
) throws(CheckpointError) -> [Element] {
    let (bytes, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<Element>.stride)
    guard !overflow, canAllocate(bytes) else {
        throw .outOfMemory(file: file, what: what, bytes: overflow ? Int.max : bytes)
    }
    // The initializer's closure cannot throw a typed error.
    var failure: CheckpointError?
    let array = [Element](unsafeUninitializedCapacity: count) { buffer, initialized in
        do throws(CheckpointError) {
            try fill(UnsafeMutableBufferPointer(rebasing: buffer.prefix(count)))
            initialized = count
        } catch {
            failure = error
        }
    }
    if let failure { throw failure }
    return array
}

/// True if this many bytes can be had. Asked before growing an array to a size that a file dictates, which would trap.
func canAllocate(_ bytes: Int) -> Bool {
    guard let memory = malloc(max(bytes, 1)) else { return false }
    free(memory)
    return true
}
