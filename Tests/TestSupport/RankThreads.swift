import Foundation
import Nowcasting

/// Ranks of one process, a thread each, that send each other bytes through memory.
public final class RankThreads: @unchecked Sendable {
    private let size: Int
    private let condition = NSCondition()
    /// What is under way: [from][to], oldest first.
    private var queues: [[[[UInt8]]]]
    private var hasFailed = false
    /// Bytes of the messages of each rank.
    private var sent: [Int]
    /// Bytes of all messages.
    public var bytesSent: Int { sent.reduce(0, +) }
    /// Exchanges in which a rank only sent or only received, by the ranks together.
    public private(set) var oneSided = 0
    private let tamper: (_ message: Int, _ bytes: inout [UInt8]) -> Void
    private var messages = 0

    /// Somebody else has failed.
    public struct Abandoned: Error {}

    /// - Parameter tamper: may change a message, given its number.
    public init(_ size: Int, tamper: @escaping (_ message: Int, _ bytes: inout [UInt8]) -> Void = { _, _ in }) {
        (self.size, self.tamper) = (size, tamper)
        queues = Array(repeating: Array(repeating: [], count: size), count: size)
        sent = Array(repeating: 0, count: size)
    }

    /// Runs `body` once for each rank, all at the same time.
    ///
    /// - Returns: what each gave, by rank.
    public func run<Value>(_ body: @escaping (any Communicator) throws -> Value) -> [Result<Value, any Error>] {
        nonisolated(unsafe) var results = [Result<Value, any Error>?](repeating: nil, count: size)
        nonisolated(unsafe) let body = body
        let (group, lock) = (DispatchGroup(), NSLock())
        for rank in 0..<size {
            group.enter()
            let thread = Thread { [self] in
                let result = Result { try body(Rank(hub: self, rank: rank, size: size)) }
                if case .failure = result { fail() }
                lock.withLock { results[rank] = result }
                group.leave()
            }
            thread.stackSize = 4 << 20
            thread.start()
        }
        group.wait()
        return results.map { $0! }
    }

    private func fail() {
        condition.withLock {
            hasFailed = true
            condition.broadcast()
        }
    }

    private struct Rank: Communicator {
        let hub: RankThreads
        let rank: Int
        let size: Int
        var sentBytes: Int { hub.condition.withLock { hub.sent[rank] } }

        func exchange(sending: [RankMessage], receiving: [RankMessage]) throws {
            try hub.exchange(rank, sending, receiving)
        }
    }

    private func exchange(_ rank: Int, _ sending: [RankMessage], _ receiving: [RankMessage]) throws {
        try condition.withLock {
            if sending.isEmpty != receiving.isEmpty { oneSided += 1 }
            for message in sending {
                var bytes = Array(message.bytes)
                sent[rank] += bytes.count
                tamper(messages, &bytes)
                messages += 1
                queues[rank][message.rank].append(bytes)
            }
            condition.broadcast()
            for message in receiving {
                while queues[message.rank][rank].isEmpty {
                    if hasFailed { throw Abandoned() }
                    condition.wait()
                }
                let bytes = queues[message.rank][rank].removeFirst()
                precondition(bytes.count == message.bytes.count, "\(bytes.count) bytes for \(message.bytes.count)")
                message.bytes.copyBytes(from: bytes)
            }
        }
    }

    /// Messages sent so far.
    public var messageCount: Int { messages }
}
