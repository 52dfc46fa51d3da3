/// A model in several files, tied together by an index (`model.safetensors.index.json`, or that of
/// `pytorch_model.bin`).
///
/// The index maps every tensor to a file in its own directory. Source: Hugging Face's sharded checkpoint layout.
struct ShardedModel: TensorStore {
    struct Shard {
        /// File name as in the index.
        let name: String
        let contents: any TensorStore
        let path: String
        let metadata: [String: String]
    }

    /// By name.
    let shards: [Shard]
    /// Shard by shard, each as stored.
    let tensors: [TensorInfo]
    /// File name of the index.
    let indexName: String
    /// The index's `metadata` value, as JSON text; nil if it has none.
    let indexMetadata: String?
    private let places: [(shard: Int, tensor: Int)]

    /// - Throws: JSON errors, `shardNameEscapes`, `shardMissing`, `tensorMissingFromShard`, `tensorInTwoShards`,
    ///   `tensorNotInIndex`, and whatever is wrong with a shard.
    init(index input: InputFile) throws(CheckpointError) {
        let index = try ShardIndex(input)
        let (directory, name) = splitPath(input.path)
        var shards: [Shard] = []
        for shardName in Set(index.shardByTensor.values).sorted() {
            do throws(CheckpointError) {
                shards.append(try Shard(name: shardName, path: directory + shardName))
            } catch .cannotOpen(_, let cause) where !exists(directory + shardName) {
                throw .shardMissing(file: input.path, shard: shardName, cause: cause)
            }
        }
        var holder: [String: String] = [:]
        for shard in shards {
            for tensor in shard.contents.tensors {
                if let other = holder.updateValue(shard.name, forKey: tensor.name) {
                    throw .tensorInTwoShards(file: input.path, tensor: tensor.name, shards: [other, shard.name])
                }
            }
        }
        for (tensor, shard) in index.shardByTensor.sorted(by: { $0.key < $1.key }) where holder[tensor] != shard {
            throw .tensorMissingFromShard(file: input.path, tensor: tensor, shard: shard)
        }
        if let stray = holder.keys.sorted().first(where: { index.shardByTensor[$0] == nil }) {
            throw .tensorNotInIndex(file: input.path, tensor: stray, shard: holder[stray]!)
        }
        self.shards = shards
        self.tensors = shards.flatMap(\.contents.tensors)
        self.indexName = name
        self.indexMetadata = index.metadata
        self.places = shards.indices.flatMap { shard in shards[shard].contents.tensors.indices.map { (shard, $0) } }
    }

    /// The shards' metadata, one over the other in the order of their names.
    var metadata: [String: String] {
        shards.reduce(into: [:]) { all, shard in all.merge(shard.metadata) { first, _ in first } }
    }

    func file(of tensor: Int) -> String { shards[places[tensor].shard].path }

    func read(_ tensor: Int, at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(CheckpointError) {
        let place = places[tensor]
        try shards[place.shard].contents.read(place.tensor, at: offset, into: buffer)
    }
}

extension ShardedModel.Shard {
    /// Opens a safetensors file or a PyTorch archive.
    fileprivate init(name: String, path: String) throws(CheckpointError) {
        let input = try InputFile(path)
        (self.name, self.path) = (name, path)
        switch try FileKind(of: input) {
        case .safetensors:
            let file = try SafetensorsFile(input)
            (contents, metadata) = (file, file.metadata)
        case .zip: (contents, metadata) = (try TorchArchive(input), [:])
        case .index: throw .unknownFormat(file: path, found: "an index of shards where a shard should be")
        }
    }
}
