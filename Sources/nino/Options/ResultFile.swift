import Checkpoints
import Nowcasting

/// One checkpoint of predicted or merged weights on its way to the disk: laid out as another one, from which what is no
/// parameter is copied.
struct ResultFile {
    let sink: any NowcastSink
    private let file: CheckpointAssembler

    /// - Parameter like: gives names, types, sharding and metadata.
    /// - Throws: `CheckpointError` if there is no place for it; then nothing is left.
    init(_ path: String, like other: Checkpoint, names: FileNames) throws {
        file = try CheckpointAssembler(path, layout: other.layout(for: path), continuing: false)
        let (holders, others) = names.divided(file.tensorNames)
        do {
            for name in others { try file.copy(name, from: other) }
        } catch {
            file.discard()
            throw error
        }
        sink = ExplainingSink(sink: FileSink(file, names: holders), path: path, names: names)
    }

    /// Gives the file its name.
    func commit() throws {
        try file.flush()
        try file.commit()
    }

    /// Removes what is half written.
    func discard() { file.discard() }
}

/// Says of what is not finite which file and tensor it was for.
private struct ExplainingSink: NowcastSink {
    let sink: FileSink
    let path: String
    let names: FileNames

    func write(_ patch: ScalarPatch, from values: UnsafePointer<Float>, stride: Int) throws {
        do {
            try sink.write(patch, from: values, stride: stride)
        } catch let failure as FileSink.NotFinite {
            throw failure.explained(path: path, names: names)
        }
    }
}

extension FileSink.NotFinite {
    /// - Parameter path: of the file that is not written.
    func explained(path: String, names: FileNames) -> any Error {
        InputError(
            "\(path): not written: tensor \"\(names.parameters[parameter])\" would hold \(found) at element \(element)")
    }
}
