import Checkpoints
import Foundation
import Nowcasting

/// The files of a step's results, a checkpoint each: laid out as the newest state; what is no parameter
/// is copied from it.
struct StepOutput {
    /// Where each result goes.
    let paths: [String]
    private let path: String
    private let newest: Checkpoint
    private let names: FileNames
    private let files: [CheckpointAssembler]
    private let journal: FileJournal
    /// One for each horizon.
    private let sinks: [FileSink]
    /// Names in the files that carry no parameter.
    private let others: [String]
    private let ranks: any Communicator

    /// - Parameters:
    ///   - path: of the result; of several, each has its label before the suffix.
    ///   - labels: of the results.
    ///   - fingerprint: what the results depend on; work left by a step with another one is of no use.
    ///   - resuming: takes up what an interrupted step left.
    ///   - journalEvery: seconds of work after which it is entered in the journal.
    ///   - ranks: who write to the files; the first makes them.
    /// - Throws: `CheckpointError` if there is no place for the files.
    init(
        _ path: String, labels: [String], newest: Checkpoint, names: FileNames, fingerprint: String, resuming: Bool,
        journalEvery: Double, ranks: any Communicator
    ) throws {
        (self.path, self.newest, self.names, self.ranks) = (path, newest, names, ranks)
        paths = Self.paths(path, labels: labels)
        journal = FileJournal(
            output: path, fingerprint: fingerprint, horizons: labels.count, resuming: resuming, pause: journalEvery,
            rank: ranks.rank)
        // Everybody has read the journals before the first rank may remove them.
        let isReadByAll = try ranks.all(journal.continues)
        let files = try Self.open(paths, newest, continuing: isReadByAll, ranks)
        self.files = files
        let (holders, others) = names.divided(files[0].tensorNames)
        self.others = others
        let sinks = files.map { FileSink($0, names: holders) }
        self.sinks = sinks
        let isIntact = sinks.enumerated().allSatisfy { [journal] in
            $1.holds(journal.written(horizon: $0, share: ranks.rank, of: ranks.size))
        }
        let continues = try ranks.all(isReadByAll && files.allSatisfy(\.continues) && isIntact)
        if !ranks.isFirst { try ranks.barrier() }
        journal.begin(continuing: continues) { [files] () throws(CheckpointError) in
            for file in files { try file.flush() }
        } takeWritten: {
            sinks.map { $0.takeWritten() }
        }
        if ranks.isFirst { try ranks.barrier() }
        Job.beforeTheEnd { [files, journal] in
            for file in files { file.discard() }
            journal.remove()
        }
        if resuming {
            Output.note(
                continues
                    ? "\(path): going on where an interrupted run stopped"
                    : "\(path): nothing to go on from, beginning anew")
        }
    }

    /// Opens the unfinished files: the first rank makes them, then the others join.
    private static func open(
        _ paths: [String], _ newest: Checkpoint, continuing: Bool, _ ranks: any Communicator
    ) throws -> [CheckpointAssembler] {
        if !ranks.isFirst { try ranks.barrier() }
        var files: [CheckpointAssembler] = []
        do {
            for path in paths {
                files.append(
                    try CheckpointAssembler(
                        path, layout: newest.layout(for: path), continuing: continuing, isShared: !ranks.isFirst))
            }
        } catch {
            if !continuing, ranks.isFirst { files.forEach { $0.discard() } }
            throw error
        }
        if ranks.isFirst { try ranks.barrier() }
        return files
    }

    /// Where each result goes.
    static func paths(_ path: String, labels: [String]) -> [String] {
        labels.count == 1 ? [path] : labels.map { Self.path(path, label: $0) }
    }

    /// `a/o.safetensors` becomes `a/o-k4.safetensors`, a folder `a/o` becomes `a/o-k4`.
    static func path(_ path: String, label: String) -> String {
        let suffix = [".safetensors.index.json", ".safetensors"].first(where: path.hasSuffix) ?? ""
        let stem = path.dropLast(suffix.count)
        return stem.hasSuffix("/") ? "\(stem.dropLast())-\(label)/" : "\(stem)-\(label)\(suffix)"
    }

    /// Runs the nowcast and gives the files their names.
    ///
    /// After Ctrl-C what is done stays for `--resume`; after any other failure nothing stays.
    /// - Parameter nowcast: is given a sink for each horizon.
    /// - Throws: what the nowcast throws; `CheckpointError` for a full disk; `InputError` for a nowcast that is not
    ///   finite.
    func write(_ nowcast: ([FileSink], FileJournal) throws -> [ChangeMeasure]) throws -> [ChangeMeasure] {
        do {
            if ranks.isFirst {
                for file in files {
                    for name in others { try file.copy(name, from: newest) }
                }
            }
            let measures = try nowcast(sinks, journal)
            for file in files { try file.flush() }
            try ranks.barrier()
            if ranks.isFirst { try commit() }
            try ranks.barrier()
            return measures
        } catch NowcastError.stopped {
            // Methods of one pass or two enter nothing. Of other ranks' journals this one knows nothing.
            if journal.flush() || ranks.size > 1 {
                Output.note("\(path): interrupted; the same command with --resume goes on")
            } else {
                discard()
                Output.note("\(path): interrupted; nothing is kept")
            }
            throw Failure.interrupted
        } catch {
            if ranks.isFirst { discard() }
            throw (error as? FileSink.NotFinite)?.explained(path: path, names: names) ?? error
        }
    }

    private func discard() {
        for file in files { file.discard() }
        journal.remove()
    }

    private func commit() throws {
        for file in files { try file.commit() }
        for path in paths { try newest.copySideFiles(to: path) }
        journal.remove()
    }
}
