/// An open checkpoint, in any of the forms of docs/checkpoints.md. What it is is told from its content.
///
/// Only names, types and shapes are read on opening; tensors are read when asked for. Reads from several threads are
/// safe.
public final class Checkpoint: Sendable {
    public enum Format: Sendable, Equatable {
        case safetensors
        /// Several files under an index.
        case sharded
        /// A zip archive of `torch.save`.
        case torch
        /// A folder of `torch.distributed.checkpoint`, or safetensors files of its making.
        case distributed
        /// A file for each rank.
        case ranks
        /// A zip archive of NumPy arrays.
        case numpy
    }

    /// The path it was opened by, or of the file found in the directory it was opened by.
    public let path: String
    /// The directory it was opened by, with its slash; nil for a file.
    public let folder: String?
    public let format: Format
    /// As stored: by offset in safetensors files, in the order of the state dict in PyTorch archives.
    public let tensors: [TensorInfo]
    /// `__metadata__` of safetensors files. For PyTorch archives the plain values at the top level, each as JSON text
    /// (`model_args`, step counters, attributes of an `args` object), as `convert` writes them.
    public let metadata: [String: String]
    /// Everything at the top level of a PyTorch archive but the state dict's tensors; empty for other formats.
    public let values: [PlainValue.Entry]
    /// Names of what lies beside the model's tensors and is not read: entries that are no tensors, other state dicts.
    public let skipped: [String]

    let store: any TensorStore
    private let indexByName: [String: Int]

    /// Opens a file or a folder.
    ///
    /// - Throws: `cannotOpen`, `notAFile`, `emptyFile`, `directoryWithoutCheckpoint`, `directoryAmbiguous`,
    ///   `unknownFormat`, or the error of the rule that the content breaks.
    public convenience init(opening path: String) throws(CheckpointError) {
        guard isDirectory(path) else {
            try self.init(Contents(InputFile(path)), folder: nil)
            return
        }
        let directory = path.hasSuffix("/") ? path : path + "/"
        switch try CheckpointFolder(directory, path: path) {
        case .file(let file): try self.init(Contents(InputFile(file)), folder: directory)
        case .distributed:
            let checkpoint = try DistributedCheckpoint(directory: directory)
            let contents = Contents(
                path: checkpoint.store.path, format: .distributed, store: checkpoint.store,
                skipped: checkpoint.skipped)
            try self.init(contents, folder: directory)
        case .parts(let names):
            let store = try ShardedParts(directory: directory, names: names, path: path).store
            try self.init(Contents(path: path, format: .distributed, store: store), folder: directory)
        case .ranks(let names):
            let store = try RankFiles(directory: directory, names: names, path: path).store
            try self.init(Contents(path: path, format: .ranks, store: store), folder: directory)
        }
    }

    /// Opens a safetensors file or a PyTorch archive whose bytes are part of the program.
    ///
    /// - Parameters:
    ///   - memory: must stay as it is for good.
    ///   - name: what messages call it.
    /// - Throws: as for a file.
    public convenience init(memory: UnsafeRawBufferPointer, name: String) throws(CheckpointError) {
        guard !memory.isEmpty else { throw .emptyFile(file: name) }
        try self.init(Contents(InputFile(memory: memory, name: name)), folder: nil)
    }

    /// - Throws: `tensorSurplus` for a tensor that a safetensors file could not hold.
    private init(_ contents: Contents, folder: String?) throws(CheckpointError) {
        if let index = contents.store.tensors.firstIndex(where: { $0.name == "__metadata__" }) {
            throw .tensorSurplus(
                file: contents.store.file(of: index), tensor: "__metadata__",
                expected: "none of this name, under which safetensors files keep their metadata")
        }
        (path, format, store) = (contents.path, contents.format, contents.store)
        (metadata, values, skipped) = (contents.metadata, contents.values, contents.skipped)
        self.folder = folder
        tensors = store.tensors
        indexByName = Dictionary(uniqueKeysWithValues: tensors.enumerated().map { ($1.name, $0) })
    }

    /// The tensor of this name, or nil.
    public subscript(name: String) -> TensorInfo? { indexByName[name].map { tensors[$0] } }

    /// A value at the top level of a PyTorch archive, or nil.
    public func value(_ key: String) -> PlainValue? { PlainValue.dict(values)[key] }

    /// The file that holds a tensor: a shard, or the checkpoint itself.
    public func file(of name: String) -> String { indexByName[name].map(store.file(of:)) ?? path }

    /// All files that hold tensors, and the one it was opened by.
    public var files: [String] { Set(tensors.indices.map(store.file(of:)) + [path]).sorted() }

    /// - Throws: `tensorMissing`.
    func index(of name: String) throws(CheckpointError) -> Int {
        guard let index = indexByName[name] else { throw .tensorMissing(file: path, tensor: name) }
        return index
    }
}

/// What one of the readers makes of a file.
private struct Contents {
    let path: String
    let format: Checkpoint.Format
    let store: any TensorStore
    var metadata: [String: String] = [:]
    var values: [PlainValue.Entry] = []
    var skipped: [String] = []
}

extension Contents {
    init(_ input: InputFile) throws(CheckpointError) {
        path = input.path
        switch try FileKind(of: input) {
        case .safetensors:
            let file = try SafetensorsFile(input)
            (format, store, metadata) = (.safetensors, file, file.metadata)
        case .index:
            let shards = try ShardedModel(index: input)
            (format, store, metadata) = (.sharded, shards, shards.metadata)
        case .zip:
            let archive = try ZipArchive(input)
            if !archive.entries.isEmpty, archive.entries.keys.allSatisfy({ $0.hasSuffix(".npy") }) {
                (format, store) = (.numpy, try NumpyArchive(archive))
            } else {
                let torch = try TorchArchive(archive)
                (format, store, metadata) = (.torch, torch, torch.values.jsonTexts)
                (values, skipped) = (torch.values, torch.skipped)
            }
        }
    }
}
