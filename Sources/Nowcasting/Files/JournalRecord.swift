import NeuralGraphs

/// An entry of a `FileJournal`: nine words of eight bytes, little-endian, the last of which checks the others, their
/// place in the journal and its title.
enum JournalRecord {
    /// A part of the read-out of one horizon that is on the disk, and its measure.
    case part(Int, horizon: Int, ChangeMeasure)
    /// Scalars of the output of one horizon that are on the disk.
    case written(WrittenPatch, horizon: Int)
    /// Rows of the node terms that lie in their file, and their checksum.
    case terms(TermRows)

    static let size = 8 * (wordCount + 1)
    private static let wordCount = 8
    private static let mostRows: UInt64 = 1 << 40

    /// - Parameter seed: of the title.
    func bytes(index: Int, seed: UInt64) -> [UInt8] {
        let payload: (kind: UInt64, words: [UInt64])
        switch self {
        case .part(let part, let horizon, let measure):
            payload = (0, [UInt64(part), UInt64(horizon), measure.change.bitPattern, measure.length.bitPattern])
        case .written(let patch, let horizon):
            payload = (1 | UInt64(patch.checksum) << 32, patch.words + [UInt64(horizon)])
        case .terms(let terms):
            payload = (2 | UInt64(terms.checksum) << 32, [UInt64(terms.rows.lowerBound), UInt64(terms.rows.count)])
        }
        var words = [payload.kind] + payload.words
        words += [UInt64](repeating: 0, count: Self.wordCount - words.count)
        words.append(Self.check(words, index: index, seed: seed))
        return words.flatMap { word in withUnsafeBytes(of: word.littleEndian) { Array($0) } }
    }

    /// Nil for bytes that are no record of this place.
    init?(_ bytes: some Collection<UInt8>, index: Int, seed: UInt64) {
        var words = [UInt64](repeating: 0, count: Self.wordCount + 1)
        for (place, byte) in bytes.enumerated() { words[place / 8] |= UInt64(byte) << UInt64(place % 8 * 8) }
        let check = words.removeLast()
        guard check == Self.check(words, index: index, seed: seed) else { return nil }
        func int(_ index: Int) -> Int { Int(truncatingIfNeeded: words[index]) }
        let checksum = UInt32(truncatingIfNeeded: words[0] >> 32)
        switch words[0] & 0xFFFF_FFFF {
        case 0:
            let measure = ChangeMeasure(change: Double(bitPattern: words[3]), length: Double(bitPattern: words[4]))
            self = .part(int(1), horizon: int(2), measure)
        case 1:
            let patch = ScalarPatch(
                parameter: int(1), first: int(2), rows: int(3), rowStride: int(4), columns: int(5),
                columnStride: int(6))
            self = .written(WrittenPatch(patch, checksum: checksum), horizon: int(7))
        case 2:
            guard words[1] <= Self.mostRows, words[2] <= Self.mostRows else { return nil }
            self = .terms(TermRows(rows: int(1)..<(int(1) + int(2)), checksum: checksum))
        default: return nil
        }
    }

    /// FNV-1a (Fowler, Noll and Vo) over whole words, finished by SplitMix64's mixer.
    private static func check(_ words: [UInt64], index: Int, seed: UInt64) -> UInt64 {
        let hash = hash([seed, UInt64(index)] + words)
        let first = (hash ^ (hash >> 30)) &* 0xBF58_476D_1CE4_E5B9
        let second = (first ^ (first >> 27)) &* 0x94D0_49BB_1331_11EB
        return second ^ (second >> 31)
    }

    static func hash(_ words: some Sequence<UInt64>) -> UInt64 {
        words.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ $1) &* 0x0000_0100_0000_01B3 ^ ($0 >> 29) }
    }
}
