import Checkpoints
import JSONText
import TestSupport
import Testing

struct ShardedSafetensorsTests {
    let folder = TemporaryFolder()
    let first = "model-00001-of-00002.safetensors"
    let second = "model-00002-of-00002.safetensors"

    func shard(_ tensors: [String]) -> [UInt8] {
        let entries = tensors.enumerated().map {
            "\"\($1)\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[\($0 * 4),\($0 * 4 + 4)]}"
        }
        return safetensors("{\(entries.joined(separator: ","))}", littleEndian(tensors.map { Float($0.utf8.first!) }))
    }

    func open(_ map: [(String, String)], _ rest: String = "") throws(CheckpointError) -> Checkpoint {
        let entries = map.map { "\"\($0.0)\":\"\($0.1)\"" }.joined(separator: ",")
        return try Checkpoint(
            opening: folder.write("{\"weight_map\":{\(entries)}\(rest)}", to: "model.safetensors.index.json"))
    }

    var index: String { folder + "model.safetensors.index.json" }

    init() {
        _ = folder.write(shard(["a", "b"]), to: first)
        _ = folder.write(shard(["c"]), to: second)
    }

    @Test func shardsReadAsOneModel() throws {
        let checkpoint = try open([("a", first), ("b", first), ("c", second)])
        #expect(checkpoint.format == .sharded)
        #expect(checkpoint.tensors.map(\.name) == ["a", "b", "c"])
        #expect(try checkpoint.floats("b") == [98] && checkpoint.floats("c") == [99])
        #expect(checkpoint.file(of: "c") == folder + second)
        #expect(try Checkpoint(opening: folder.path).tensors == checkpoint.tensors)
    }

    @Test(arguments: ["../x.safetensors", "/etc/passwd", "..", ".", "", "sub/x.safetensors", "a\\u0000b"])
    func shardNamesStayInTheDirectory(_ name: String) {
        let found = name == "a\\u0000b" ? "a\u{0}b" : name
        #expect(throws: CheckpointError.shardNameEscapes(file: index, tensor: "a", found: found)) {
            try open([("a", name)])
        }
    }

    @Test func indexAndShardsMustAgree() {
        #expect(
            throws: CheckpointError.shardMissing(
                file: index, shard: "gone.safetensors", cause: "No such file or directory")
        ) {
            try open([("a", "gone.safetensors")])
        }
        #expect(throws: CheckpointError.tensorMissingFromShard(file: index, tensor: "a", shard: second)) {
            try open([("a", second), ("b", first), ("c", second)])
        }
        #expect(throws: CheckpointError.tensorNotInIndex(file: index, tensor: "b", shard: first)) {
            try open([("a", first), ("c", second)])
        }
        _ = folder.write(shard(["c", "a"]), to: second)
        #expect(throws: CheckpointError.tensorInTwoShards(file: index, tensor: "a", shards: [first, second])) {
            try open([("a", first), ("b", first), ("c", second)])
        }
    }

    @Test func badIndexesNameTheKey() {
        #expect(
            throws: CheckpointError.json(
                JSONError(
                    file: index, .form(key: "weight_map", expected: "tensor names and their files", found: "none")))
        ) {
            try open([])
        }
        let twice = JSONError(file: index, place: JSONError.Place(line: 1, column: 55), .duplicateKey("a"))
        #expect(throws: CheckpointError.json(twice)) { try open([("a", first), ("a", first)]) }
        #expect(
            throws: CheckpointError.json(
                JSONError(
                    file: index, place: JSONError.Place(line: 1, column: 56),
                    .syntax(expected: "nothing after the value", found: "'}'")))
        ) {
            try open([("a", first)], "}")
        }
    }

    @Test func brokenShardIsNamedItself() {
        _ = folder.write([1, 2, 3], to: second)
        #expect(throws: CheckpointError.fileTooShort(file: folder + second, found: 3)) {
            try open([("a", first), ("b", first), ("c", second)])
        }
    }

    @Test func copyInItsLayoutIsTheSameFiles() throws {
        let source = try open(
            [("a", first), ("b", first), ("c", second)], ",\"metadata\":{\"total_size\":12,\"note\":[1]}")
        let writer = try CheckpointWriter(folder + "copy", layout: source.layout)
        for tensor in writer.tensors { try writer.write(try source.floats(tensor.name), to: tensor.name) }
        #expect(TemporaryFolder.bytes(of: folder + "copy/model.safetensors.index.json").isEmpty)
        try writer.commit()
        let copy = try Checkpoint(opening: folder + "copy")
        #expect(copy.layout == source.layout)
        for tensor in source.tensors { #expect(try copy.floats(tensor.name) == source.floats(tensor.name)) }
    }

    @Test func abandonedCopyLeavesNothing() throws {
        let source = try open([("a", first), ("b", first), ("c", second)])
        let before = folder.contents
        do {
            let writer = try CheckpointWriter(folder + "copy", layout: source.layout)
            try writer.copy("a", from: source)
            try writer.copy("b", from: source)
        }
        #expect(folder.contents == before)
    }
}
