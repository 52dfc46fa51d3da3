import Checkpoints
import Nowcasting

/// One checkpoint of predicted or merged weights on its way to the disk: laid out as another one, from which what is no
/// parameter is copied.
struct ResultFile {
    let sink: FileSink
    private let file: CheckpointAssembler

    /// - Parameter like: gives names, types, sharding and metadata.
    /// - Throws: `CheckpointError` if there is no place for it; then nothing is left.
    init(_ path: String, like other: Checkpoint, names: FileNames) throws {
        file = try CheckpointAssembler(path, layout: other.layout(for: path), continuing: false)
        var holders = [[String]](repeating: [], count: names.parameters.count)
        do {
            for name in file.tensorNames.sorted() {
                if let parameter = names.parameter(of: name) {
                    holders[parameter].append(name)
                } else {
                    try file.copy(name, from: other)
                }
            }
        } catch {
            file.discard()
            throw error
        }
        sink = FileSink(file, names: holders)
    }

    /// Gives the file its name.
    func commit() throws {
        try file.flush()
        try file.commit()
    }

    /// Removes what is half written.
    func discard() { file.discard() }
}
