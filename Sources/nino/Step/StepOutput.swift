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

    /// - Parameters:
    ///   - path: of the result; of several, each has its label before the suffix.
    ///   - labels: of the results.
    ///   - fingerprint: what the results depend on; work left by a step with another one is of no use.
    ///   - resuming: takes up what an interrupted step left.
    ///   - journalEvery: seconds of work after which it is entered in the journal.
    /// - Throws: `CheckpointError` if there is no place for the files.
    init(
        _ path: String, labels: [String], newest: Checkpoint, names: FileNames, fingerprint: String, resuming: Bool,
        journalEvery: Double
    ) throws {
        (self.path, self.newest, self.names) = (path, newest, names)
        paths = Self.paths(path, labels: labels)
        journal = FileJournal(
            output: path, fingerprint: fingerprint, horizons: labels.count, resuming: resuming, pause: journalEvery)
        var files: [CheckpointAssembler] = []
        do {
            for path in paths {
                let layout = newest.layout(for: path)
                files.append(try CheckpointAssembler(path, layout: layout, continuing: journal.continues))
            }
        } catch {
            if !journal.continues { files.forEach { $0.discard() } }
            throw error
        }
        self.files = files
        var holders = [[String]](repeating: [], count: names.parameters.count)
        var others: [String] = []
        for name in files[0].tensorNames.sorted() {
            if let parameter = names.parameter(of: name) {
                holders[parameter].append(name)
            } else {
                others.append(name)
            }
        }
        self.others = others
        let sinks = files.map { FileSink($0, names: holders) }
        self.sinks = sinks
        let isIntact = sinks.enumerated().allSatisfy { [journal] in $1.holds(journal.written(horizon: $0)) }
        let continues = journal.continues && files.allSatisfy(\.continues) && isIntact
        journal.begin(continuing: continues) { [files] () throws(CheckpointError) in
            for file in files { try file.flush() }
        } takeWritten: {
            sinks.map { $0.takeWritten() }
        }
        if resuming {
            Output.note(
                continues
                    ? "\(path): going on where an interrupted run stopped"
                    : "\(path): nothing to go on from, beginning anew")
        }
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
            for file in files {
                for name in others { try file.copy(name, from: newest) }
            }
            let measures = try nowcast(sinks, journal)
            for file in files { try file.flush() }
            for file in files { try file.commit() }
            for path in paths { try newest.copySideFiles(to: path) }
            journal.remove()
            return measures
        } catch NowcastError.stopped {
            journal.flush()
            Output.note("\(path): interrupted; the same command with --resume goes on")
            throw Failure.interrupted
        } catch {
            for file in files { file.discard() }
            journal.remove()
            throw (error as? FileSink.NotFinite).map(explain) ?? error
        }
    }

    private func explain(_ failure: FileSink.NotFinite) -> any Error {
        InputError(
            "\(path): not written: the nowcast of tensor \"\(names.parameters[failure.parameter])\" holds "
                + "\(failure.found) at element \(failure.element)"
        )
    }
}
