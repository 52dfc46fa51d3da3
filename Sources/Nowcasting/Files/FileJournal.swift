import Checkpoints
import Foundation
import Synchronization
import Tensors

/// What of a nowcast on files is done, in two files beside its output, so that a killed run can be taken up.
///
/// The journal: a line that says what is being computed, then records of 8 bytes and 16 for each horizon: a part's
/// number, and the two sums of its measures. A part is entered only when its scalars are on the disk. The node terms
/// lie in a file of their own.
public final class FileJournal: NowcastJournal {
    private struct State {
        var done: [Int: [ChangeMeasure]] = [:]
        var hasTerms = false
        /// Finished, but not yet known to be on the disk.
        var pending: [(part: Int, measures: [ChangeMeasure])] = []
        var lastFlush = ContinuousClock.now
    }

    /// Stands for the node terms.
    private static let termsPart = Int.max

    private let path: String
    private let title: Data
    private let pause: Double
    private let horizons: Int
    /// Bytes.
    private var recordSize: Int { 8 + 16 * horizons }
    private let started = ContinuousClock.now
    private let state = Mutex(State())
    private let flushOutput = Mutex<(@Sendable () throws(CheckpointError) -> Void)?>(nil)

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
        title = Data("nino step 1 \(fingerprint.replacingOccurrences(of: "\n", with: " "))\n".utf8)
        (self.pause, self.horizons) = (pause, horizons)
        if resuming { load() }
    }

    private var termsPath: String { path + ".terms" }

    /// Whether an earlier run left work that can be taken up.
    public var continues: Bool { state.withLock { $0.hasTerms || !$0.done.isEmpty } }

    /// Begins: `flush` brings the output to the disk.
    public func begin(continuing: Bool, flush: @escaping @Sendable () throws(CheckpointError) -> Void) {
        if !continuing { remove() }
        flushOutput.withLock { $0 = flush }
    }

    /// Removes both files and forgets.
    public func remove() {
        unlink(path)
        unlink(termsPath)
        state.withLock { ($0.done, $0.hasTerms, $0.pending) = ([:], false, []) }
    }

    /// Enters what is finished.
    public func flush() { state.withLock { enter(&$0) } }

    public func measures(ofPart part: Int) -> [ChangeMeasure]? { state.withLock { $0.done[part] } }

    public func finished(part: Int, _ measures: [ChangeMeasure]) {
        state.withLock { state in
            state.pending.append((part, measures))
            if (ContinuousClock.now - state.lastFlush) / .seconds(1) >= pause { enter(&state) }
        }
    }

    /// Terms are large: those that took only a few pauses to compute are not worth the disk.
    public func save(_ terms: [Tensor]) {
        guard (ContinuousClock.now - started) / .seconds(1) >= 6 * pause, let file = Self.create(termsPath, O_TRUNC)
        else { return }
        let written = terms.allSatisfy { fwrite($0.address, MemoryLayout<Float>.stride, $0.count, file) == $0.count }
        guard fflush(file) == 0, written, fsync(fileno(file)) == 0, fclose(file) == 0 else {
            unlink(termsPath)
            return
        }
        state.withLock { state in
            state.pending.append((Self.termsPart, (0..<horizons).map { _ in ChangeMeasure() }))
            enter(&state)
        }
    }

    public func restore(count: Int, shape: [Int]) -> [Tensor]? {
        guard state.withLock({ $0.hasTerms }), let file = fopen(termsPath, "r") else { return nil }
        defer { fclose(file) }
        let terms = (0..<count).map { _ in Tensor(shape: shape) }
        let isWhole = terms.allSatisfy { fread($0.address, MemoryLayout<Float>.stride, $0.count, file) == $0.count }
        return isWhole && fgetc(file) == EOF ? terms : nil
    }

    /// Opens for writing; never through a link, since anybody could have laid one under a name that is known
    /// beforehand.
    private static func create(_ path: String, _ mode: Int32) -> UnsafeMutablePointer<FILE>? {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | mode, 0o666)
        return descriptor < 0 ? nil : fdopen(descriptor, mode == O_APPEND ? "a" : "w")
    }

    private func load() {
        guard let data = FileManager.default.contents(atPath: path), data.starts(with: title) else { return }
        let records = data.dropFirst(title.count)
        truncate(path, title.count + records.count / recordSize * recordSize)
        state.withLock { state in
            // A record cut short by a kill is none.
            for start in stride(from: records.startIndex, through: records.endIndex - recordSize, by: recordSize) {
                let words = (0..<(recordSize / 8)).map { word in
                    (0..<8).reduce(UInt64(0)) { $0 | UInt64(records[start + word * 8 + $1]) << (8 * UInt64($1)) }
                }
                let measures = (0..<horizons).map {
                    ChangeMeasure(
                        change: Double(bitPattern: words[1 + 2 * $0]), length: Double(bitPattern: words[2 + 2 * $0]))
                }
                if words[0] == UInt64(Self.termsPart) {
                    state.hasTerms = true
                } else {
                    state.done[Int(truncatingIfNeeded: words[0])] = measures
                }
            }
        }
    }

    /// A journal that cannot be written only means that more will be computed again.
    private func enter(_ state: inout State) {
        state.lastFlush = .now
        guard !state.pending.isEmpty, let flush = flushOutput.withLock({ $0 }), (try? flush()) != nil else { return }
        var bytes = FileManager.default.fileExists(atPath: path) ? Data() : title
        for (part, measures) in state.pending {
            let sums = measures.flatMap { [$0.change.bitPattern, $0.length.bitPattern] }
            for word in [UInt64(part)] + sums {
                withUnsafeBytes(of: word.littleEndian) { bytes.append(contentsOf: $0) }
            }
        }
        guard let file = Self.create(path, O_APPEND) else { return }
        defer { fclose(file) }
        if bytes.withUnsafeBytes({ fwrite($0.baseAddress, 1, $0.count, file) }) == bytes.count, fflush(file) == 0,
            fsync(fileno(file)) == 0
        {
            state.pending = []
        }
    }
}
