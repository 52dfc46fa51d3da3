import Checkpoints
import Foundation
import Synchronization
import Tensors

/// What of a nowcast on files is done, in two files beside its output, so that a killed run can be taken up.
///
/// The journal: a line that says what is being computed, then records (`JournalRecord`), each with a checksum. A part
/// is entered only when its scalars are on the disk, after the checksums of what was written; the node terms lie in a
/// file of their own. A journal with a damaged record is not taken up: what it says of other records may be wrong too.
public final class FileJournal: NowcastJournal {
    private struct State {
        /// By part and horizon.
        var done: [Int: [Int: ChangeMeasure]] = [:]
        /// Scalars of each horizon's output that an earlier run wrote.
        var written: [Int: [WrittenPatch]] = [:]
        /// Checksum of the file of node terms.
        var terms: UInt32?
        /// Records in the file.
        var recordCount = 0
        /// Finished, but not yet known to be on the disk.
        var pending: [JournalRecord] = []
        var lastFlush = ContinuousClock.now
    }

    private let path: String
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
    public init(output: String, fingerprint: String, horizons: Int = 1, resuming: Bool, pause: Double = 5) {
        let url = URL(fileURLWithPath: output)
        let folder =
            (try? url.resourceValues(forKeys: [.isDirectoryKey]).isDirectory) == true
            ? url : url.deletingLastPathComponent()
        path = folder.appendingPathComponent(".\(url.lastPathComponent).journal").path
        title = Data("nino step 2 \(fingerprint.replacingOccurrences(of: "\n", with: " "))\n".utf8)
        seed = JournalRecord.hash(title.map(UInt64.init))
        (self.pause, self.horizons) = (pause, horizons)
        if resuming { load() }
    }

    private var termsPath: String { path + ".terms" }

    /// Whether an earlier run left work that can be taken up.
    public var continues: Bool { state.withLock { $0.terms != nil || !$0.done.isEmpty } }

    /// Scalars of a horizon's output that an earlier run wrote; if they are no longer there, nothing can be taken up.
    public func written(horizon: Int) -> [WrittenPatch] { state.withLock { $0.written[horizon] ?? [] } }

    /// Begins.
    ///
    /// - Parameters:
    ///   - flush: brings the output to the disk.
    ///   - takeWritten: what has been written for each horizon since it was asked last.
    public func begin(
        continuing: Bool, flush: @escaping @Sendable () throws(CheckpointError) -> Void,
        takeWritten: @escaping @Sendable () -> [[WrittenPatch]]
    ) {
        if !continuing { remove() }
        output.withLock { $0 = Output(flush: flush, takeWritten: takeWritten) }
    }

    /// Removes both files and forgets.
    public func remove() {
        unlink(path)
        unlink(termsPath)
        state.withLock { $0 = State() }
    }

    /// Enters what is finished.
    public func flush() { state.withLock { enter(&$0) } }

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
    public func save(_ terms: [Tensor]) {
        guard (ContinuousClock.now - started) / .seconds(1) >= 6 * pause, let file = Self.create(termsPath, O_TRUNC)
        else { return }
        let written = terms.allSatisfy { fwrite($0.address, MemoryLayout<Float>.stride, $0.count, file) == $0.count }
        let checksum = Self.checksum(terms)
        guard fflush(file) == 0, written, fsync(fileno(file)) == 0, fclose(file) == 0 else {
            unlink(termsPath)
            return
        }
        state.withLock { state in
            state.pending.append(.terms(checksum: checksum))
            enter(&state)
        }
    }

    public func restore(count: Int, shape: [Int]) -> [Tensor]? {
        guard let checksum = state.withLock({ $0.terms }), let file = fopen(termsPath, "re") else { return nil }
        defer { fclose(file) }
        let terms = (0..<count).map { _ in Tensor(shape: shape) }
        let isWhole = terms.allSatisfy { fread($0.address, MemoryLayout<Float>.stride, $0.count, file) == $0.count }
        return isWhole && fgetc(file) == EOF && Self.checksum(terms) == checksum ? terms : nil
    }

    private static func checksum(_ terms: [Tensor]) -> UInt32 {
        terms.reduce(0) { Checksum.crc32(UnsafeRawBufferPointer($1.values), from: $0) }
    }

    /// Opens for writing; never through a link, since anybody could have laid one under a name that is known
    /// beforehand.
    private static func create(_ path: String, _ mode: Int32) -> UnsafeMutablePointer<FILE>? {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | mode, 0o666)
        return descriptor < 0 ? nil : fdopen(descriptor, mode == O_APPEND ? "a" : "w")
    }

    private func load() {
        guard let data = FileManager.default.contents(atPath: path), data.starts(with: title) else { return }
        let bytes = data.dropFirst(title.count)
        // A record cut short by a kill is none.
        let count = bytes.count / JournalRecord.size
        var loaded = State()
        for index in 0..<count {
            let start = bytes.startIndex + index * JournalRecord.size
            let record = JournalRecord(bytes[start..<(start + JournalRecord.size)], index: index, seed: seed)
            switch record {
            case .part(let part, let horizon, let measure): loaded.done[part, default: [:]][horizon] = measure
            case .written(let patch, let horizon): loaded.written[horizon, default: []].append(patch)
            case .terms(let checksum): loaded.terms = checksum
            case nil: return
            }
        }
        loaded.recordCount = count
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
        guard (try? output.flush()) != nil, let file = Self.create(path, O_APPEND) else { return }
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
