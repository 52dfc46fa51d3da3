import Checkpoints
import Foundation
import Synchronization
import Tensors

/// What of a nowcast on files is done, in files beside its output, so that a killed run can be taken up.
///
/// The journal: a line that says what is being computed, then records (`JournalRecord`), each with a checksum. A part
/// is entered only when its scalars are on the disk, after the checksums of what was written; the node terms lie in a
/// file of their own. A journal with a damaged record is not taken up: what it says of other records may be wrong too.
///
/// Each of several ranks keeps a journal of what it has done, and reads those of all, however many there were; so a run
/// goes on with another number of ranks.
public final class FileJournal: NowcastJournal {
    private struct State {
        /// By part and horizon.
        var done: [Int: [Int: ChangeMeasure]] = [:]
        /// Scalars of each horizon's output that an earlier run wrote.
        var written: [Int: [WrittenPatch]] = [:]
        /// What of the node terms is in their file.
        var terms: [TermRows] = []
        /// Records in the file.
        var recordCount = 0
        /// Finished, but not yet known to be on the disk.
        var pending: [JournalRecord] = []
        var lastFlush = ContinuousClock.now
    }

    /// Of the first rank's journal, and of this one's.
    private let path: String
    private let ownPath: String
    private let rank: Int
    private let title: Data
    private let pause: Double
    private let horizons: Int
    private let seed: UInt64
    private let started = ContinuousClock.now
    private let state = Mutex(State())
    private let output = Mutex<Output?>(nil)

    /// What the journal asks of the files it belongs to.
    private struct Output {
        let flush: @Sendable () throws(CheckpointError) -> Void
        let takeWritten: @Sendable () -> [[WrittenPatch]]
    }

    /// - Parameters:
    ///   - output: where the result goes; the journal lies beside it.
    ///   - fingerprint: everything the result depends on.
    ///   - horizons: how many nowcasts each part is of.
    ///   - resuming: takes up what an earlier run with the same fingerprint wrote.
    ///   - pause: seconds of work after which it is entered, at most so much is lost.
    ///   - rank: of this process among those that share the work.
    public init(
        output: String, fingerprint: String, horizons: Int = 1, resuming: Bool, pause: Double = 5, rank: Int = 0
    ) {
        let url = URL(fileURLWithPath: output)
        let folder =
            (try? url.resourceValues(forKeys: [.isDirectoryKey]).isDirectory) == true
            ? url : url.deletingLastPathComponent()
        path = folder.appendingPathComponent(".\(url.lastPathComponent).journal").path
        ownPath = rank == 0 ? path : "\(path).\(rank)"
        title = Data("nino step 3 \(fingerprint.replacingOccurrences(of: "\n", with: " "))\n".utf8)
        seed = JournalRecord.hash(title.map(UInt64.init))
        (self.pause, self.horizons, self.rank) = (pause, horizons, rank)
        if resuming { load() }
    }

    private var termsPath: String { path + ".terms" }

    /// The journals of all ranks that there were.
    private var paths: [String] {
        let (folder, name) = (
            URL(fileURLWithPath: path).deletingLastPathComponent().path, URL(fileURLWithPath: path).lastPathComponent
        )
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { $0 == name || $0.hasPrefix(name + ".") && Int($0.dropFirst(name.count + 1)) != nil }
            .sorted().map { "\(folder)/\($0)" }
    }

    /// Whether an earlier run left work that can be taken up.
    public var continues: Bool { state.withLock { !$0.terms.isEmpty || !$0.done.isEmpty } }

    /// Scalars of a horizon's output that an earlier run wrote; if they are no longer there, nothing can be taken up.
    public func written(horizon: Int) -> [WrittenPatch] { state.withLock { $0.written[horizon] ?? [] } }

    /// What all ranks together have to check of it; each takes a part.
    public func written(horizon: Int, share rank: Int, of size: Int) -> [WrittenPatch] {
        written(horizon: horizon).enumerated().filter { $0.offset % size == rank }.map(\.element)
    }

    /// Begins: the first rank before the others, since it removes what is of no use.
    ///
    /// - Parameters:
    ///   - flush: brings the output to the disk.
    ///   - takeWritten: what has been written for each horizon since it was asked last.
    public func begin(
        continuing: Bool, flush: @escaping @Sendable () throws(CheckpointError) -> Void,
        takeWritten: @escaping @Sendable () -> [[WrittenPatch]]
    ) {
        if !continuing, rank == 0 { remove() }
        if !continuing { state.withLock { $0 = State() } }
        output.withLock { $0 = Output(flush: flush, takeWritten: takeWritten) }
    }

    /// Removes the files of all ranks and forgets.
    public func remove() {
        for path in paths { unlink(path) }
        unlink(termsPath)
        state.withLock { $0 = State() }
    }

    /// Enters what is finished.
    /// - Returns: whether it holds anything then.
    public func flush() -> Bool {
        state.withLock {
            enter(&$0)
            return $0.recordCount > 0
        }
    }

    public func measures(ofPart part: Int) -> [ChangeMeasure]? {
        state.withLock { state in
            guard let done = state.done[part] else { return nil }
            let measures = (0..<horizons).compactMap { done[$0] }
            return measures.count == horizons ? measures : nil
        }
    }

    public func finished(part: Int, _ measures: [ChangeMeasure]) {
        state.withLock { state in
            for (horizon, measure) in measures.enumerated() {
                state.pending.append(.part(part, horizon: horizon, measure))
            }
            if (ContinuousClock.now - state.lastFlush) / .seconds(1) >= pause { enter(&state) }
        }
    }

    /// Terms are large: those that took only a few pauses to compute are not worth the disk.
    public func save(_ terms: [Tensor], rows: Range<Int>) {
        guard (ContinuousClock.now - started) / .seconds(1) >= 6 * pause,
            let written = TermFile(termsPath, like: terms).write(terms, rows: rows)
        else { return }
        state.withLock { state in
            state.pending += written.map { .terms($0) }
            enter(&state)
        }
    }

    public func restore(into terms: [Tensor], rows: [Range<Int>]) -> Bool {
        let kept = state.withLock { $0.terms }
        return TermFile(termsPath, like: terms).read(kept, into: terms, rows: rows)
    }

    /// Opens for appending; never through a link, since anybody could have laid one under a name that is known
    /// beforehand.
    private static func create(_ path: String) -> UnsafeMutablePointer<FILE>? {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_APPEND, 0o666)
        return descriptor < 0 ? nil : fdopen(descriptor, "a")
    }

    private func load() {
        var loaded = State()
        for path in paths {
            guard let data = FileManager.default.contents(atPath: path), data.starts(with: title) else { continue }
            let bytes = data.dropFirst(title.count)
            // A record cut short by a kill is none.
            let count = bytes.count / JournalRecord.size
            for index in 0..<count {
                let start = bytes.startIndex + index * JournalRecord.size
                let record = JournalRecord(bytes[start..<(start + JournalRecord.size)], index: index, seed: seed)
                switch record {
                case .part(let part, let horizon, let measure): loaded.done[part, default: [:]][horizon] = measure
                case .written(let patch, let horizon): loaded.written[horizon, default: []].append(patch)
                case .terms(let terms): loaded.terms.append(terms)
                case nil: return
                }
            }
            if path == ownPath { loaded.recordCount = count }
        }
        state.withLock { $0 = loaded }
    }

    /// A journal that cannot be written only means that more will be computed again.
    private func enter(_ state: inout State) {
        state.lastFlush = .now
        guard !state.pending.isEmpty, let output = output.withLock({ $0 }) else { return }
        // Taken after the parts and before the flush: everything that belongs to them, and all of it on the disk.
        let written = output.takeWritten().enumerated().flatMap { horizon, patches in
            patches.map { JournalRecord.written($0, horizon: horizon) }
        }
        state.pending = written + state.pending
        guard (try? output.flush()) != nil, let file = Self.create(ownPath) else { return }
        defer { fclose(file) }
        var bytes = state.recordCount == 0 ? title : Data()
        for (place, record) in state.pending.enumerated() {
            bytes += record.bytes(index: state.recordCount + place, seed: seed)
        }
        // What an entry that failed may have left.
        let end = state.recordCount == 0 ? 0 : title.count + state.recordCount * JournalRecord.size
        guard ftruncate(fileno(file), off_t(end)) == 0 else { return }
        if bytes.withUnsafeBytes({ fwrite($0.baseAddress, 1, $0.count, file) }) == bytes.count, fflush(file) == 0,
            fsync(fileno(file)) == 0
        {
            state.recordCount += state.pending.count
            state.pending = []
        }
    }
}
