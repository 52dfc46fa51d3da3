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

    init(shards: ShardedSafetensors) {
        files = shards.shards.map { File(name: $0.name, tensors: $0.contents.tensors, metadata: $0.contents.metadata) }
        index = Index(name: shards.indexName, metadata: shards.indexMetadata)
    }

    public var tensors: [TensorInfo] { files.flatMap(\.tensors) }
}

extension Checkpoint {
    /// How to write a checkpoint of the same tensors, types, metadata and shards. PyTorch archives become one
    /// safetensors file.
    public var layout: CheckpointLayout {
        if let shards = store as? ShardedSafetensors { return CheckpointLayout(shards: shards) }
        return CheckpointLayout(tensors: tensors, metadata: metadata)
    }
}
