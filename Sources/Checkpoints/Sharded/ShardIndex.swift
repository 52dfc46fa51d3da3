import JSONText

/// The index file of a sharded model.
struct ShardIndex {
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
