/// The processes that share one computation, as it sees them: its own number, how many there are, and a way to move
/// bytes between them. Everything else is made from these.
///
/// Every rank goes through the same calls in the same order, from one thread at a time.
public protocol Communicator: Sendable {
    /// 0 ..< size.
    var rank: Int { get }
    var size: Int { get }
    /// Bytes of the messages to other ranks so far.
    var sentBytes: Int { get }

    /// Sends and receives at once, and returns when all of it has left and arrived. Messages from one rank to another
    /// arrive in the order in which they were sent, each into memory of its own size.
    ///
    /// - Throws: if another rank has failed, or nobody waits for the result any more.
    func exchange(sending: [RankMessage], receiving: [RankMessage]) throws
}

/// Bytes for another rank, or room for bytes from it.
///
/// Unchecked: nobody else touches the memory before the exchange is over.
public struct RankMessage: @unchecked Sendable {
    public let rank: Int
    public let bytes: UnsafeMutableRawBufferPointer

    public init(rank: Int, bytes: UnsafeMutableRawBufferPointer) {
        (self.rank, self.bytes) = (rank, bytes)
    }
}

extension Communicator {
    public var isFirst: Bool { rank == 0 }
    private var others: [Int] { (0..<size).filter { $0 != rank } }

    /// Fills in what the other ranks have of an array.
    ///
    /// - Parameter ranges: of bytes, one a rank, the same on all.
    public func allGather(_ bytes: UnsafeMutableRawBufferPointer, _ ranges: [Range<Int>]) throws {
        guard size > 1 else { return }
        func part(_ rank: Int) -> UnsafeMutableRawBufferPointer { .init(rebasing: bytes[ranges[rank]]) }
        try exchange(
            sending: others.map { RankMessage(rank: $0, bytes: part(rank)) },
            receiving: others.map { RankMessage(rank: $0, bytes: part($0)) })
    }

    /// Fills in what the other ranks have of an array of plain values.
    ///
    /// - Parameter ranges: of elements, one a rank, the same on all.
    public func allGather<Element: BitwiseCopyable>(_ values: inout [Element], _ ranges: [Range<Int>]) throws {
        let stride = MemoryLayout<Element>.stride
        try values.withUnsafeMutableBytes { bytes in
            try allGather(bytes, ranges.map { ($0.lowerBound * stride)..<($0.upperBound * stride) })
        }
    }

    /// The values of every rank, by rank.
    public func allGather<Element: BitwiseCopyable>(_ own: [Element], padding: Element) throws -> [[Element]] {
        var counts = [Int](repeating: own.count, count: size)
        try allGather(&counts, (0..<size).map { $0..<($0 + 1) })
        var (start, ranges) = (0, [Range<Int>]())
        for count in counts {
            ranges.append(start..<(start + count))
            start += count
        }
        var all = [Element](repeating: padding, count: start)
        all.replaceSubrange(ranges[rank], with: own)
        try allGather(&all, ranges)
        return ranges.map { Array(all[$0]) }
    }

    /// The text of every rank, by rank.
    public func allGather(_ text: String) throws -> [String] {
        try allGather(Array(text.utf8), padding: 0).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Whether it is true on every rank.
    public func all(_ isTrue: Bool) throws -> Bool {
        try allGather([isTrue ? UInt8(1) : 0], padding: 0).allSatisfy { $0 == [1] }
    }

    /// The sum over all ranks.
    public func sum(_ number: Int) throws -> Int { try allGather([number], padding: 0).joined().reduce(0, +) }

    /// Values that each rank changes in turn; all have what the last one leaves.
    public func passOn(_ values: inout [Double], _ change: (inout [Double]) -> Void) throws {
        func message(_ rank: Int, _ bytes: UnsafeMutableRawBufferPointer) -> [RankMessage] {
            [RankMessage(rank: rank, bytes: bytes)]
        }
        if rank > 0 {
            try values.withUnsafeMutableBytes { try exchange(sending: [], receiving: message(rank - 1, $0)) }
        }
        change(&values)
        guard size > 1 else { return }
        try values.withUnsafeMutableBytes { bytes in
            guard rank < size - 1 else {
                return try exchange(sending: (0..<rank).flatMap { message($0, bytes) }, receiving: [])
            }
            try exchange(sending: message(rank + 1, bytes), receiving: [])
            try exchange(sending: [], receiving: message(size - 1, bytes))
        }
    }

    /// Returns when every rank has come here.
    public func barrier() throws { _ = try all(true) }

    /// Numbers 0 ..< count dealt out in order, so that ranks differ by one at most.
    public func shares(of count: Int) -> [Range<Int>] {
        (0..<size).map { (count * $0 / size)..<(count * ($0 + 1) / size) }
    }
}
