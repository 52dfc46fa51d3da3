/// Which tensors go into which files: what a checkpoint looks like from outside, without its numbers.
public struct CheckpointLayout: Sendable, Equatable {
    public struct File: Sendable, Equatable {
        /// Name inside the directory; empty for a model of one file, which takes the name of the output.
        public let name: String
        public let tensors: [TensorInfo]
        public let metadata: [String: String]
    }

    /// In the order they are written.
    public let files: [File]
    /// The name of the index and its `metadata` value as JSON text; nil for a model of one file.
    public let index: Index?

    public struct Index: Sendable, Equatable {
        public let name: String
        public let metadata: String?
    }

    /// One safetensors file.
    public init(tensors: [TensorInfo], metadata: [String: String] = [:]) {
        files = [File(name: "", tensors: tensors, metadata: metadata)]
        index = nil
    }

    /// The same shards, as safetensors.
    init(shards: ShardedModel) {
        files = shards.shards.map {
            File(name: Self.safetensorsName($0.name), tensors: $0.contents.tensors, metadata: $0.metadata)
        }
        index = Index(name: Self.safetensorsName(shards.indexName), metadata: shards.indexMetadata)
    }

    /// A folder with one safetensors file, as Hugging Face's libraries read it.
    init(folderOf tensors: [TensorInfo], metadata: [String: String], name: String) {
        files = [File(name: name, tensors: tensors, metadata: metadata)]
        index = nil
    }

    /// `pytorch_model-00001-of-00002.bin` becomes `model-00001-of-00002.safetensors`.
    private static func safetensorsName(_ name: String) -> String {
        let stem = name.hasPrefix("pytorch_model") ? String(name.dropFirst("pytorch_".count)) : name
        for suffix in [".bin.index.json", ".bin", ".pt", ".pth"] where stem.hasSuffix(suffix) {
            let isIndex = suffix.hasSuffix(".json")
            return stem.dropLast(suffix.count) + (isIndex ? ".safetensors.index.json" : ".safetensors")
        }
        return stem
    }

    /// Whether it becomes a folder.
    var isFolder: Bool { files.contains { !$0.name.isEmpty } }

    public var tensors: [TensorInfo] { files.flatMap(\.tensors) }
}

extension Checkpoint {
    /// How to write a checkpoint of the same tensors, types, metadata and shards. Other formats become one safetensors
    /// file.
    public var layout: CheckpointLayout {
        if let shards = store as? ShardedModel { return CheckpointLayout(shards: shards) }
        return CheckpointLayout(tensors: tensors, metadata: metadata)
    }

    /// How to write it to a path: a checkpoint that was opened as a folder becomes a folder again, unless the path is
    /// that of a safetensors file.
    public func layout(for path: String) -> CheckpointLayout {
        guard folder != nil, !(store is ShardedModel), !path.hasSuffix(".safetensors"), !path.hasSuffix(".json") else {
            return layout
        }
        let isAdapter = splitPath(self.path).name.hasPrefix("adapter_model")
        var metadata = metadata
        metadata["format"] = metadata["format"] ?? "pt"
        return CheckpointLayout(
            folderOf: tensors, metadata: metadata,
            name: isAdapter ? "adapter_model.safetensors" : "model.safetensors")
    }
}
