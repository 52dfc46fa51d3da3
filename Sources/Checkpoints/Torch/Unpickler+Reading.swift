/// The unpickler's access to its bytes and its stack, with every bound checked.
extension Unpickler {
    func failure(_ cause: String) -> CheckpointError {
        .badPickle(file: file, offset: position, cause: cause)
    }

    // MARK: Bytes

    mutating func byte() throws(CheckpointError) -> UInt8 {
        guard position < bytes.count else { throw failure("the pickle ends early") }
        defer { position += 1 }
        return bytes[position]
    }

    /// A little-endian number of `size` bytes.
    mutating func unsigned(_ size: Int) throws(CheckpointError) -> Int {
        guard bytes.count - position >= size else { throw failure("the pickle ends early") }
        var value: UInt64 = 0
        for index in 0..<size { value |= UInt64(bytes[position + index]) << (8 * UInt64(index)) }
        position += size
        guard let number = Int(exactly: value) else { throw failure("a length of \(value)") }
        return number
    }

    mutating func bigEndianDouble() throws(CheckpointError) -> Double {
        var pattern: UInt64 = 0
        for _ in 0..<8 { pattern = pattern << 8 | UInt64(try byte()) }
        return Double(bitPattern: pattern)
    }

    mutating func run(of length: Int) throws(CheckpointError) -> [UInt8] {
        guard length <= PickleLimits.string else {
            throw .pickleLimit(file: file, what: "bytes in a string", limit: PickleLimits.string)
        }
        guard bytes.count - position >= length else { throw failure("the pickle ends early") }
        defer { position += length }
        return Array(bytes[position..<(position + length)])
    }

    mutating func text(length: Int) throws(CheckpointError) -> String {
        guard let text = String(validating: try run(of: length), as: UTF8.self) else {
            throw failure("a string that is not UTF-8")
        }
        return text
    }

    /// Text up to the next newline, as GLOBAL has it.
    mutating func line() throws(CheckpointError) -> String {
        let start = position
        while position < bytes.count, bytes[position] != UInt8(ascii: "\n"), position - start <= PickleLimits.name {
            position += 1
        }
        guard position - start <= PickleLimits.name else {
            throw .pickleLimit(file: file, what: "bytes in a name", limit: PickleLimits.name)
        }
        guard position < bytes.count else { throw failure("the pickle ends early") }
        defer { position += 1 }
        guard let text = String(validating: bytes[start..<position], as: UTF8.self) else {
            throw failure("a name that is not UTF-8")
        }
        return text
    }

    /// LONG1 and LONG4: two's complement, little-endian.
    mutating func pushInteger(length: Int) throws(CheckpointError) {
        guard length <= Int(Int32.max) else { throw failure("a negative length") }
        let digits = try run(of: length)
        guard length <= 8 else { return try push(.bigInteger(digits)) }
        var value: UInt64 = (digits.last ?? 0) & 0x80 == 0 ? 0 : .max
        for digit in digits.reversed() { value = value << 8 | UInt64(digit) }
        try push(.int(Int(Int64(bitPattern: value))))
    }

    /// Python 2's byte strings: text if they are text.
    mutating func pushOldString(length: Int) throws(CheckpointError) {
        let content = try run(of: length)
        try push(String(validating: content, as: UTF8.self).map(PickleNode.string) ?? .bytes(content))
    }

    // MARK: Stack

    mutating func push(_ node: PickleNode) throws(CheckpointError) {
        guard arena.nodes.count < PickleLimits.values else {
            throw .pickleLimit(file: file, what: "values", limit: PickleLimits.values)
        }
        stack.append(PickleReference(arena.nodes.count))
        arena.nodes.append(node)
    }

    /// Pushes a container.
    mutating func push(_ container: (Int32) -> PickleNode, of items: [PickleReference]) throws(CheckpointError) {
        try add(elements: items.count)
        try push(container(Int32(arena.contents.count)))
        arena.contents.append(items)
    }

    /// Counts what a few bytes could have copied again and again: call it before the copy is made.
    mutating func add(elements count: Int) throws(CheckpointError) {
        elementCount += count
        guard elementCount <= PickleLimits.elements else {
            throw .pickleLimit(file: file, what: "elements", limit: PickleLimits.elements)
        }
    }

    mutating func add(text: String) throws(CheckpointError) { try add(elements: text.utf8.count / 8) }

    func top() throws(CheckpointError) -> PickleReference {
        guard let last = stack.last, stack.count > marks.last ?? 0 else { throw failure("nothing on the stack") }
        return last
    }

    mutating func pop() throws(CheckpointError) -> PickleReference {
        let last = try top()
        stack.removeLast()
        return last
    }

    /// The topmost `count` values, lowest first.
    mutating func pop(_ count: Int) throws(CheckpointError) -> [PickleReference] {
        guard stack.count - (marks.last ?? 0) >= count else { throw failure("fewer than \(count) values on the stack") }
        defer { stack.removeLast(count) }
        return Array(stack.suffix(count))
    }

    mutating func popToMark() throws(CheckpointError) -> [PickleReference] {
        guard let mark = marks.popLast() else { throw failure("no open mark") }
        defer { stack.removeLast(stack.count - mark) }
        return Array(stack[mark...])
    }

    // MARK: Operands

    func node(_ reference: PickleReference) -> PickleNode { arena.nodes[Int(reference)] }

    func count(_ reference: PickleReference, _ what: String) throws(CheckpointError) -> Int {
        guard case .int(let value) = node(reference), value >= 0 else { throw failure("expected a count as \(what)") }
        return value
    }

    func counts(_ reference: PickleReference, _ what: String) throws(CheckpointError) -> [Int] {
        switch node(reference) {
        case .tuple, .list:
            let items = arena.children(of: reference)
            guard items.count <= PickleLimits.rank else {
                throw .pickleLimit(file: file, what: "axes", limit: PickleLimits.rank)
            }
            var values: [Int] = []
            for item in items { values.append(try count(item, what)) }
            return values
        default: throw failure("expected counts as \(what)")
        }
    }

    func string(_ reference: PickleReference, _ what: String) throws(CheckpointError) -> String {
        guard case .string(let value) = node(reference) else { throw failure("expected a string as \(what)") }
        return value
    }

    func global(_ reference: PickleReference, _ what: String) throws(CheckpointError) -> PickleGlobal {
        guard case .global(let index) = node(reference) else { throw failure("expected a class as \(what)") }
        return arena.globals[Int(index)]
    }

    func tuple(_ reference: PickleReference, _ what: String) throws(CheckpointError) -> [PickleReference] {
        guard case .tuple = node(reference) else { throw failure("expected a tuple as \(what)") }
        return arena.children(of: reference)
    }
}
