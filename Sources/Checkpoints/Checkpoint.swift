/// An open checkpoint: a safetensors file, a sharded model, or a PyTorch archive. What it is is told from its content.
///
/// Only names, types and shapes are read on opening; tensors are read when asked for. Reads from several threads are
/// safe.
public final class Checkpoint: Sendable {
    public enum Format: Sendable, Equatable {
        case safetensors
        /// Several safetensors files under an index.
        case sharded
        /// A zip archive of `torch.save`.
        case torch
    }

    /// The path it was opened by, or of the file found in the directory it was opened by.
    public let path: String
    public let format: Format
    /// As stored: by offset in safetensors files, in the order of the state dict in PyTorch archives.
    public let tensors: [TensorInfo]
    /// `__metadata__` of safetensors files. For PyTorch archives the plain values at the top level, each as JSON text
    /// (`model_args`, step counters, attributes of an `args` object), as `convert` writes them.
    public let metadata: [String: String]
    /// Everything at the top level of a PyTorch archive but the state dict's tensors; empty for other formats.
    public let values: [PlainValue.Entry]

    let store: any TensorStore
    private let indexByName: [String: Int]

    /// Opens a safetensors file, an index of shards, a directory that holds one of these, or a PyTorch archive.
    ///
    /// - Throws: `cannotOpen`, `notAFile`, `emptyFile`, `directoryWithoutCheckpoint`, `directoryAmbiguous`,
    ///   `unknownFormat`, or
    ///   the error of the rule that the content breaks.
    public convenience init(opening path: String) throws(CheckpointError) {
        try self.init(InputFile(Checkpoint.file(at: path)))
    }

    /// Opens a safetensors file or a PyTorch archive whose bytes are part of the program.
    ///
    /// - Parameters:
    ///   - memory: must stay as it is for good.
    ///   - name: what messages call it.
    /// - Throws: as for a file.
    public convenience init(memory: UnsafeRawBufferPointer, name: String) throws(CheckpointError) {
        guard !memory.isEmpty else { throw .emptyFile(file: name) }
        try self.init(InputFile(memory: memory, name: name))
    }

    private init(_ input: InputFile) throws(CheckpointError) {
        switch try FileKind(of: input) {
        case .safetensors:
            let file = try SafetensorsFile(input)
            (format, store, metadata, values) = (.safetensors, file, file.metadata, [])
        case .index:
            let shards = try ShardedSafetensors(index: input)
            (format, store, metadata, values) = (.sharded, shards, shards.metadata, [])
        case .torchArchive:
            let archive = try TorchArchive(input)
            (format, store, metadata, values) = (.torch, archive, archive.values.jsonTexts, archive.values)
        }
        self.path = input.path
        self.tensors = store.tensors
        self.indexByName = Dictionary(uniqueKeysWithValues: tensors.enumerated().map { ($1.name, $0) })
    }

    /// The tensor of this name, or nil.
    public subscript(name: String) -> TensorInfo? { indexByName[name].map { tensors[$0] } }

    /// A value at the top level of a PyTorch archive, or nil.
    public func value(_ key: String) -> PlainValue? { PlainValue.dict(values)[key] }

    /// The file that holds a tensor: a shard, or the checkpoint itself.
    public func file(of name: String) -> String { indexByName[name].map(store.file(of:)) ?? path }

    /// - Throws: `tensorMissing`.
    func index(of name: String) throws(CheckpointError) -> Int {
        guard let index = indexByName[name] else { throw .tensorMissing(file: path, tensor: name) }
        return index
    }

    /// The file meant by a path: itself, or what lies in the directory.
    private static func file(at path: String) throws(CheckpointError) -> String {
        guard isDirectory(path) else { return path }
        let directory = path.hasSuffix("/") ? path : path + "/"
        let index = directory + "model.safetensors.index.json"
        let single = directory + "model.safetensors"
        switch (exists(index), exists(single)) {
        case (true, false): return index
        case (false, true): return single
        case (true, true): throw .directoryAmbiguous(file: path)
        case (false, false): throw .directoryWithoutCheckpoint(file: path)
        }
    }
}
