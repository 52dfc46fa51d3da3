import CNinoPlugin

/// C copies of Swift values, lent to the host for the length of one call.
final class BorrowedMemory {
    private var blocks: [UnsafeMutableRawPointer] = []

    deinit {
        for block in blocks { block.deallocate() }
    }

    func array<Element>(_ elements: [Element]) -> UnsafePointer<Element> {
        let copy = UnsafeMutablePointer<Element>.allocate(capacity: max(1, elements.count))
        copy.initialize(from: elements, count: elements.count)
        blocks.append(UnsafeMutableRawPointer(copy))
        return UnsafePointer(copy)
    }

    func text(_ string: String) -> UnsafePointer<CChar> {
        array(string.utf8CString.map { $0 })
    }

    /// A NULL-terminated list.
    func list(_ strings: [String]) -> UnsafePointer<UnsafePointer<CChar>?> {
        array(strings.map { Optional(text($0)) } + [nil])
    }

    func operation(_ operation: CustomOperation) -> nino_custom_op_t {
        nino_custom_op_t(
            name: text(operation.name), signature: text(operation.signature), function: operation.function,
            gradient_signature: operation.gradientSignature.map(text), gradient: operation.gradient)
    }

    func axis(_ axis: Axis) -> nino_axis_t {
        let segments = axis.segments.map { factors in
            let copies = factors.map { factor in
                switch factor {
                case .group(let group): nino_factor_t(group: text(group.name), fixed: 0)
                case .fixed(let count): nino_factor_t(group: nil, fixed: Int64(count))
                }
            }
            return nino_segment_t(factors: array(copies), count: Int64(copies.count))
        }
        return nino_axis_t(segments: array(segments), count: Int64(segments.count))
    }
}
