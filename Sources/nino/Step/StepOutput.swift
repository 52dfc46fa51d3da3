import ArgumentParser
import Checkpoints
import Foundation
import Nowcasting

/// The files of a step's result: laid out as the newest state; what is no parameter is copied from it.
struct StepOutput {
    private let path: String
    private let newest: Checkpoint
    private let names: FileNames
    private let file: CheckpointAssembler
    private let journal: FileJournal
    private let continues: Bool

    /// - Parameters:
    ///   - fingerprint: what the result depends on; work left by a run with another one is of no use.
    ///   - resuming: takes up what an interrupted run left.
    ///   - journalEvery: seconds of work after which it is entered in the journal.
    /// - Throws: `CheckpointError` if there is no place for the files.
    init(
        _ path: String, newest: Checkpoint, names: FileNames, fingerprint: String, resuming: Bool, journalEvery: Double
    ) throws {
        (self.path, self.newest, self.names) = (path, newest, names)
        journal = FileJournal(output: path, fingerprint: fingerprint, resuming: resuming, pause: journalEvery)
        file = try CheckpointAssembler(path, layout: newest.layout, continuing: journal.continues)
        continues = journal.continues && file.continues
        journal.begin(continuing: continues) { [file] () throws(CheckpointError) in try file.flush() }
        if resuming {
            Output.note(
                continues
                    ? "\(path): going on where an interrupted run stopped"
                    : "\(path): nothing to go on from, beginning anew")
        }
    }

    /// Runs the nowcast and gives the files their names.
    ///
    /// After Ctrl-C what is done stays for `--resume`; after any other failure nothing stays.
    /// - Throws: what the nowcast throws; `CheckpointError` for a full disk; `InputError` for a nowcast that is not
    ///   finite.
    func write(_ nowcast: (FileSink, FileJournal) throws -> ChangeMeasure) throws -> ChangeMeasure {
        var holders = [[String]](repeating: [], count: names.parameters.count)
        let (parameters, others) = Set(file.tensorNames).sorted().reduce(into: ([String](), [String]())) {
            lists, name in
            names.parameter(of: name) == nil ? lists.1.append(name) : lists.0.append(name)
        }
        for name in parameters { holders[names.parameter(of: name)!].append(name) }
        let sink = FileSink(file, names: holders)
        do {
            for name in others { try file.copy(name, from: newest) }
            let measure = try nowcast(sink, journal)
            try file.commit()
            journal.remove()
            return measure
        } catch NowcastError.stopped where sink.failure == nil {
            journal.flush()
            Output.note("\(path): interrupted; the same command with --resume goes on")
            throw Failure.interrupted
        } catch {
            file.discard()
            journal.remove()
            throw sink.failure.map(explain) ?? error
        }
    }

    private func explain(_ failure: FileSink.Failure) -> any Error {
        switch failure {
        case .writing(let error): error
        case .notFinite(let parameter, let element, let found):
            InputError(
                "\(path): not written: the nowcast of tensor \"\(names.parameters[parameter])\" holds \(found) at "
                    + "element \(element)"
            )
        }
    }
}

/// Tells one computation from another: files by place, size and time of their last change, and choices.
struct StepFingerprint {
    let text: String

    /// - Parameter inputs: files, folders of shards, or names that are no path (then the name itself counts).
    init(inputs: [String], choices: String) throws {
        var parts = [choices]
        for input in inputs {
            let url = URL(fileURLWithPath: input).resolvingSymlinksInPath()
            let isFolder = (try? url.resourceValues(forKeys: [.isDirectoryKey]).isDirectory) == true
            let shards = input.hasSuffix(".json") || isFolder
            let folder = isFolder ? url : url.deletingLastPathComponent()
            let beside =
                shards
                ? try FileManager.default.contentsOfDirectory(atPath: folder.path).filter {
                    $0.hasSuffix(".safetensors")
                }.sorted() : []
            for file in [url] + beside.map(folder.appendingPathComponent) {
                let attributes = try? FileManager.default.attributesOfItem(atPath: file.path)
                let changed = (attributes?[.modificationDate] as? Date)?.timeIntervalSince1970
                parts.append("\(file.path) \(attributes?[.size] ?? 0) \(changed ?? 0)")
            }
        }
        text = parts.joined(separator: " | ")
    }
}
