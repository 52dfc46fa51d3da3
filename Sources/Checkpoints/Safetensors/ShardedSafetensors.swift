import JSONText

/// A model in several safetensors files, tied together by an index (`model.safetensors.index.json`).
///
/// The index maps every tensor to a file in its own directory. Source: Hugging Face's sharded checkpoint layout.
struct ShardedSafetensors: TensorStore {
    struct Shard {
        /// File name as in the index.
        let name: String
        let contents: SafetensorsFile
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
                shards.append(Shard(name: shardName, contents: try SafetensorsFile(InputFile(directory + shardName))))
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
        shards.reduce(into: [:]) { all, shard in all.merge(shard.contents.metadata) { first, _ in first } }
    }

    func file(of tensor: Int) -> String { shards[places[tensor].shard].contents.input.path }

    func read(_ tensor: Int, at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(CheckpointError) {
        let place = places[tensor]
        try shards[place.shard].contents.read(place.tensor, at: offset, into: buffer)
    }
}

/// The index file of a sharded model.
private struct ShardIndex {
    var shardByTensor: [String: String] = [:]
    var metadata: String?

    init(_ input: InputFile) throws(CheckpointError) {
        guard input.size <= JSONLimits.bytes else {
            throw .headerTooLong(file: input.path, expected: JSONLimits.bytes, found: UInt64(input.size))
        }
        let text = try input.bytes(0..<input.size)
        do throws(JSONError) {
            try parse(text, file: input.path)
        } catch {
            throw .json(error)
        }
        for (tensor, shard) in shardByTensor.sorted(by: { $0.key < $1.key }) where !ShardIndex.isFileName(shard) {
            throw .shardNameEscapes(file: input.path, tensor: tensor, found: shard)
        }
    }

    private mutating func parse(_ text: [UInt8], file: String) throws(JSONError) {
        var cursor = try JSONCursor(text, file: file)
        var hasMap = false
        try cursor.object(key: "index") { (cursor, key) throws(JSONError) in
            switch key {
            case "weight_map":
                hasMap = true
                try readMap(&cursor)
            case "metadata":
                _ = cursor.peek()
                let start = cursor.position
                try cursor.skipValue(key: key)
                metadata = String(decoding: text[start..<cursor.position], as: UTF8.self)
            default: try cursor.skipValue(key: key)
            }
        }
        try cursor.end()
        guard hasMap, !shardByTensor.isEmpty else {
            throw JSONError(
                file: file,
                .form(
                    key: "weight_map", expected: "tensor names and their files",
                    found: hasMap ? "none" : "no such key"))
        }
    }

    private mutating func readMap(_ cursor: inout JSONCursor) throws(JSONError) {
        try cursor.object(key: "weight_map") { (cursor, tensor) throws(JSONError) in
            shardByTensor[tensor] = try cursor.string(key: tensor)
        }
    }

    private static func isFileName(_ name: String) -> Bool {
        !name.isEmpty && name != "." && name != ".." && !name.utf8.contains { $0 == UInt8(ascii: "/") || $0 == 0 }
    }
}

/// A path's directory, with its slash (empty if it has none), and its last component.
func splitPath(_ path: String) -> (directory: String, name: String) {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return ("", path) }
    let next = path.utf8.index(after: slash)
    return (String(path[..<next]), String(path[next...]))
}
