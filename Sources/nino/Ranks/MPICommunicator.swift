import CRanks
import Foundation
import Nowcasting
import PluginHost
import Synchronization

/// The ranks of an MPI job. MPI is reached through `libNinoMPI.so`, which is loaded here and nowhere else.
///
/// A rank that waits looks now and then, instead of all the time: where ranks share processors, others work meanwhile.
final class MPICommunicator: Communicator {
    let rank: Int
    let size: Int
    /// Ranks on this machine.
    let localSize: Int
    /// Of the implementation.
    let name: String
    private let library: Library
    /// Calls into MPI, one at a time.
    private let calls = Mutex(())
    private let interruption = Mutex<@Sendable () -> Bool>({ false })
    private let sent = Mutex(0)
    var sentBytes: Int { sent.withLock { $0 } }

    /// Unchecked: a table of functions that does not change.
    private struct Library: @unchecked Sendable {
        let table: UnsafePointer<nino_ranks_t>
        var functions: nino_ranks_t { table.pointee }
    }

    static let libraryName = "libNinoMPI.so"

    /// Where the library is looked for: where the build puts it, and where it is installed.
    private static var paths: [String] {
        let folder = PluginDirectories.executableFolder
        return [
            folder.appendingPathComponent("mpi"),
            folder.deletingLastPathComponent().appendingPathComponent("lib/nino/mpi"),
        ]
        .map { $0.appendingPathComponent(libraryName).path }
    }

    /// Starts MPI; every rank of the job has to.
    ///
    /// - Throws: `InputError` if the library is not there or does not fit.
    init() throws {
        let paths = Self.paths
        guard let path = paths.first(where: { FileManager.default.fileExists(atPath: $0) }) else {
            throw InputError(
                "MPI: expected \(paths[0]), found none; make mpi builds it, --no-mpi does without other ranks")
        }
        // MPI's own plugins look for its symbols among those of all.
        guard let handle = dlopen(path, RTLD_NOW | RTLD_GLOBAL), let symbol = dlsym(handle, "nino_ranks_entry") else {
            throw InputError("\(path): cannot be loaded: \(String(cString: dlerror()))")
        }
        typealias Entry = @convention(c) () -> UnsafePointer<nino_ranks_t>?
        guard let table = unsafeBitCast(symbol, to: Entry.self)(), table.pointee.version == NINO_RANKS_VERSION else {
            throw InputError("\(path): expected version \(NINO_RANKS_VERSION) of nino_ranks.h, found another; make mpi")
        }
        library = Library(table: table)
        var place = nino_ranks_place_t()
        var error = [CChar](repeating: 0, count: 256)
        guard table.pointee.start(&place, &error, Int64(error.count)) == 0 else {
            let text = error.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
            throw InputError("MPI: \(String(decoding: text, as: UTF8.self))")
        }
        (rank, size, localSize) = (Int(place.rank), Int(place.size), Int(place.local_size))
        name = withUnsafeBytes(of: place.name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }

    /// - Parameter isStopped: asked while this rank waits for others.
    func watch(_ isStopped: @escaping @Sendable () -> Bool) { interruption.withLock { $0 = isStopped } }

    func exchange(sending: [RankMessage], receiving: [RankMessage]) throws {
        let functions = library.functions
        sent.withLock { $0 += sending.reduce(0) { $0 + $1.bytes.count } }
        func messages(_ list: [RankMessage]) -> [nino_rank_message_t] {
            list.map {
                nino_rank_message_t(bytes: $0.bytes.baseAddress, count: Int64($0.bytes.count), rank: Int32($0.rank))
            }
        }
        let (sends, receives) = (messages(sending), messages(receiving))
        let request = calls.withLock { _ in
            UInt(bitPattern: functions.post(sends, Int64(sends.count), receives, Int64(receives.count)))
        }
        guard request != 0 else { throw InputError("MPI: a message cannot be sent") }
        let isStopped = interruption.withLock { $0 }
        var pause: UInt32 = 1
        while true {
            let state = calls.withLock { _ in functions.test(UnsafeMutableRawPointer(bitPattern: request)) }
            if state > 0 { return }
            guard state == 0 else { throw InputError("MPI: a message was lost") }
            if isStopped() { throw NowcastError.stopped }
            usleep(pause)
            pause = min(2 * pause, Self.longestPause)
        }
    }

    /// Microseconds.
    private static let longestPause: UInt32 = 200

    /// Tells rank 0 what has gone wrong here, and waits for the end that it brings.
    func tell(_ text: String, status: Int32) -> Never {
        let bytes = "\(status) \(text)"
        _ = calls.withLock { _ in library.functions.tell(bytes, Int64(bytes.utf8.count)) }
        // The message is under way as long as MPI is called.
        for _ in 0..<600 {
            var rank: Int32 = 0
            _ = calls.withLock { _ in library.functions.told(&rank, nil, 0) }
            usleep(100_000)
        }
        endAll(status)
    }

    /// What another rank has told, on rank 0.
    func told() -> (rank: Int, text: String, status: Int32)? {
        var (from, bytes): (Int32, [CChar]) = (0, [CChar](repeating: 0, count: 4096))
        let count = calls.withLock { _ in library.functions.told(&from, &bytes, Int64(bytes.count)) }
        guard count >= 0 else { return nil }
        let text = String(decoding: bytes.prefix(Int(count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let words = text.split(separator: " ", maxSplits: 1)
        return (Int(from), words.count > 1 ? String(words[1]) : "", words.first.flatMap { Int32($0) } ?? 2)
    }

    func endAll(_ status: Int32) -> Never {
        // Not under the lock: whoever holds it may wait for nothing any more.
        library.functions.abort(status)
        exit(status)
    }

    /// Every rank has come to its end.
    func finish() { calls.withLock { _ in library.functions.finish() } }
}
