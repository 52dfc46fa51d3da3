/// A reader of pickles (protocols 2 to 5) that makes plain values only and never calls anything.
///
/// It knows tensors and ordered dictionaries; every other class becomes an opaque placeholder, and a pickle that
/// applies a name outside `InertGlobals` is refused. Source: CPython `Lib/pickletools.py` (the opcodes), PyTorch
/// `torch/_utils.py`.
struct Unpickler {
    let file: String
    let bytes: [UInt8]
    var position = 0
    var arena = PickleArena()
    var stack: [PickleReference] = []
    /// Heights of the stack at each open MARK.
    var marks: [Int] = []
    var memo: [Int: PickleReference] = [:]
    /// Of containers, and of what else is copied.
    var elementCount = 0

    private init(_ bytes: [UInt8], file: String) {
        self.bytes = bytes
        self.file = file
    }

    /// The value a pickle describes.
    ///
    /// - Throws: `badPickle`, `pickleLimit`, `forbiddenGlobal`.
    static func value(of bytes: [UInt8], file: String) throws(CheckpointError) -> PlainValue {
        var unpickler = Unpickler(bytes, file: file)
        let root = try unpickler.run()
        var builder = PlainValueBuilder(arena: unpickler.arena, file: file)
        return try builder.build(root)
    }

    private mutating func run() throws(CheckpointError) -> PickleReference {
        guard bytes.count >= 2, bytes[0] == 0x80, (2...5).contains(bytes[1]) else {
            throw failure("expected a pickle of protocol 2 to 5")
        }
        while true {
            let opcode = try byte()
            if opcode == UInt8(ascii: ".") { return try pop() }
            if try readScalar(opcode) { continue }
            if try readContainer(opcode) { continue }
            if try readObject(opcode) { continue }
            position -= 1
            throw failure("opcode \(opcode) is not one of protocols 2 to 5")
        }
    }

    /// Opcodes that push a number, text, or constant, and those that say nothing.
    private mutating func readScalar(_ opcode: UInt8) throws(CheckpointError) -> Bool {
        switch opcode {
        case 0x80:
            let version = try byte()
            guard (2...5).contains(version) else { throw failure("expected protocol 2 to 5, found \(version)") }
        case 0x95: _ = try unsigned(8)  // FRAME: a hint for buffering
        case UInt8(ascii: "N"): try push(.none)
        case 0x88: try push(.bool(true))
        case 0x89: try push(.bool(false))
        case UInt8(ascii: "J"): try push(.int(Int(Int32(truncatingIfNeeded: unsigned(4)))))
        case UInt8(ascii: "K"): try push(.int(unsigned(1)))
        case UInt8(ascii: "M"): try push(.int(unsigned(2)))
        case 0x8A: try pushInteger(length: unsigned(1))
        case 0x8B: try pushInteger(length: unsigned(4))
        case UInt8(ascii: "G"): try push(.float(bigEndianDouble()))
        case 0x8C: try push(.string(text(length: unsigned(1))))
        case UInt8(ascii: "X"): try push(.string(text(length: unsigned(4))))
        case 0x8D: try push(.string(text(length: unsigned(8))))
        case UInt8(ascii: "C"): try push(.bytes(run(of: unsigned(1))))
        case UInt8(ascii: "B"): try push(.bytes(run(of: unsigned(4))))
        case 0x8E, 0x96: try push(.bytes(run(of: unsigned(8))))
        case UInt8(ascii: "U"): try pushOldString(length: unsigned(1))
        case UInt8(ascii: "T"): try pushOldString(length: unsigned(4))
        default: return false
        }
        return true
    }

    /// Opcodes that build containers, and those that move values between stack and memo.
    private mutating func readContainer(_ opcode: UInt8) throws(CheckpointError) -> Bool {
        switch opcode {
        case UInt8(ascii: "("):
            guard marks.count < PickleLimits.marks else {
                throw .pickleLimit(file: file, what: "open marks", limit: PickleLimits.marks)
            }
            marks.append(stack.count)
        case UInt8(ascii: "0"):
            // POP on an empty frame drops the mark itself, as CPython does.
            if stack.count == marks.last { marks.removeLast() } else { _ = try pop() }
        case UInt8(ascii: "1"): _ = try popToMark()
        case UInt8(ascii: "2"): stack.append(try top())
        case UInt8(ascii: "]"): try push(PickleNode.list, of: [])
        case UInt8(ascii: ")"): try push(PickleNode.tuple, of: [])
        case UInt8(ascii: "}"): try push(PickleNode.dict, of: [])
        case 0x8F: try push(PickleNode.set, of: [])
        case UInt8(ascii: "l"): try push(PickleNode.list, of: popToMark())
        case UInt8(ascii: "t"): try push(PickleNode.tuple, of: popToMark())
        case UInt8(ascii: "d"): try push(PickleNode.dict, of: pairs(popToMark()))
        case 0x91: try push(PickleNode.set, of: popToMark())
        case 0x85...0x87: try push(PickleNode.tuple, of: pop(Int(opcode - 0x84)))
        case UInt8(ascii: "a"): try extend(with: [pop()])
        case UInt8(ascii: "e"), 0x90: try extend(with: popToMark())
        case UInt8(ascii: "s"): try setEntries(pop(2))
        case UInt8(ascii: "u"): try setEntries(pairs(popToMark()))
        case UInt8(ascii: "q"): try remember(unsigned(1))
        case UInt8(ascii: "r"): try remember(unsigned(4))
        case 0x94: try remember(memo.count)
        case UInt8(ascii: "h"): try recall(unsigned(1))
        case UInt8(ascii: "j"): try recall(unsigned(4))
        default: return false
        }
        return true
    }

    private mutating func extend(with items: [PickleReference]) throws(CheckpointError) {
        try add(elements: items.count)
        switch node(try top()) {
        case .list(let index), .set(let index): arena.contents[Int(index)].append(contentsOf: items)
        case .object(let index): arena.objects[Int(index)].items.append(contentsOf: items)
        default: throw failure("elements added to something that is no list")
        }
    }

    private mutating func setEntries(_ entries: [PickleReference]) throws(CheckpointError) {
        try add(elements: entries.count)
        switch node(try top()) {
        case .dict(let index), .orderedDict(let index): arena.contents[Int(index)].append(contentsOf: entries)
        case .object(let index): arena.objects[Int(index)].entries.append(contentsOf: entries)
        default: throw failure("entries set on something that is no dictionary")
        }
    }

    private func pairs(_ items: [PickleReference]) throws(CheckpointError) -> [PickleReference] {
        guard items.count % 2 == 0 else { throw failure("a key without a value") }
        return items
    }

    private mutating func remember(_ index: Int) throws(CheckpointError) {
        memo[index] = try top()
        guard memo.count <= PickleLimits.memo else {
            throw .pickleLimit(file: file, what: "memo entries", limit: PickleLimits.memo)
        }
    }

    private mutating func recall(_ index: Int) throws(CheckpointError) {
        guard let reference = memo[index] else { throw failure("memo entry \(index) was never stored") }
        stack.append(reference)
    }
}
