import TestSupport

/// Damages files the way disks, editors and enemies do: a function of the seed alone.
public struct Mutator {
    private var random: SeededGenerator

    /// Numbers at which readers go wrong.
    private static let edges: [UInt64] = [
        0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 1 << 33, 1 << 53,
        0x7FFF_FFFF_FFFF_FFFF, 0x8000_0000_0000_0000, .max,
    ]
    private static let texts = [
        "9223372036854775807", "9223372036854775808", "-1", "1e999", "null", "[]", "{}", "\"\"", "2147483648",
        "\\u0000", "\u{0}", "..", "/etc/passwd", "true", "0.5", "-9223372036854775808", "4294967296",
    ]
    private static let longestGrowth = 1 << 16

    public init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
    }

    /// One to four changes of a file; `other` lends pieces.
    public mutating func mutate(_ bytes: [UInt8], other: [UInt8]) -> [UInt8] {
        var result = bytes
        for _ in 0..<Int.random(in: 1...4, using: &random) { change(&result, other: other) }
        return result
    }

    private mutating func change(_ bytes: inout [UInt8], other: [UInt8]) {
        guard !bytes.isEmpty else { return bytes = [random.next()].map { UInt8(truncatingIfNeeded: $0) } }
        let place = place(in: bytes)
        switch Int.random(in: 0..<11, using: &random) {
        case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 1: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 2, 3: writeEdge(&bytes, at: place)
        case 4: bytes.removeSubrange(range(from: place, in: bytes))
        case 5:
            let piece = Array(bytes[range(from: place, in: bytes)].prefix(Self.longestGrowth))
            bytes.insert(contentsOf: piece, at: place)
        case 6: bytes.insert(contentsOf: Self.texts.randomElement(using: &random)!.utf8, at: place)
        case 7: bytes.removeSubrange(place...)
        case 8: replaceNumber(&bytes, near: place)
        case 9:
            guard !other.isEmpty else { return }
            let start = Int.random(in: other.indices, using: &random)
            let piece = other[range(from: start, in: other)].prefix(Self.longestGrowth)
            bytes.replaceSubrange(place..<min(place + piece.count, bytes.count), with: piece)
        default:
            let target = self.place(in: bytes)
            bytes.swapAt(place, target)
        }
    }

    /// Headers are where it matters: half of all places are among the first 512 bytes.
    private mutating func place(in bytes: [UInt8]) -> Int {
        let limit = Bool.random(using: &random) ? min(bytes.count, 512) : bytes.count
        return Int.random(in: 0..<limit, using: &random)
    }

    private mutating func range(from start: Int, in bytes: [UInt8]) -> Range<Int> {
        let longest = [1, 4, 16, 256, bytes.count].randomElement(using: &random)!
        return start..<min(start + Int.random(in: 1...max(1, longest), using: &random), bytes.count)
    }

    private mutating func writeEdge(_ bytes: inout [UInt8], at place: Int) {
        let size = [1, 2, 4, 8].randomElement(using: &random)!
        let value = Self.edges.randomElement(using: &random)!
        let isBig = Bool.random(using: &random)
        for index in 0..<size where place + index < bytes.count {
            let shift = UInt64(8 * (isBig ? size - 1 - index : index))
            bytes[place + index] = UInt8(truncatingIfNeeded: value >> shift)
        }
    }

    /// Puts another number in the place of a run of digits.
    private mutating func replaceNumber(_ bytes: inout [UInt8], near place: Int) {
        let isDigit = { (byte: UInt8) in (0x30...0x39).contains(byte) }
        guard let start = bytes[place...].firstIndex(where: isDigit) else { return }
        let end = bytes[start...].firstIndex { !isDigit($0) } ?? bytes.count
        bytes.replaceSubrange(start..<end, with: Self.texts.randomElement(using: &random)!.utf8)
    }
}
