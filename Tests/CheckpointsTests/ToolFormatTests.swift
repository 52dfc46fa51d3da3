import Checkpoints
import Foundation
import TestSupport
import Testing

/// Checkpoints that PyTorch, its distributed writers and NumPy wrote: Tests/Fixtures/checkpoints.py.
struct ToolFormatTests {
    let folder = TemporaryFolder()

    private func fixture(_ name: String) -> String { CheckpointFixtures.folder + name }

    /// The bytes of every tensor, by name without what stands before `fc.`.
    private func contents(_ path: String) throws -> [String: [UInt8]] {
        let file = try Checkpoint(opening: path)
        var contents: [String: [UInt8]] = [:]
        for tensor in file.tensors where tensor.name.contains("fc.") {
            var bytes = [UInt8](repeating: 0, count: tensor.byteCount)
            // In two pieces, so that reads begin inside a tensor.
            for range in [0..<(bytes.count / 3), (bytes.count / 3)..<bytes.count] {
                try bytes[range].withUnsafeMutableBytes { try file.readBytes(tensor.name, range, into: $0) }
            }
            let start = try #require(tensor.name.firstRange(of: "fc.")).lowerBound
            contents[String(tensor.name[start...])] = bytes
        }
        return contents
    }

    @Test(arguments: [
        ("dcp", Checkpoint.Format.distributed), ("dcp_hf", .distributed), ("ranks", .ranks), ("stored.npz", .numpy),
        ("packed.npz", .numpy), ("averaged.pt", .torch), ("lightning.ckpt", .torch), ("nested.pt", .torch),
    ])
    func everyFormHoldsTheSameNumbers(name: String, format: Checkpoint.Format) throws {
        let expected = try contents(fixture("expected.safetensors"))
        #expect(expected.count == 4)
        #expect(try Checkpoint(opening: fixture(name)).format == format)
        #expect(try contents(fixture(name)) == expected)
        // And convert writes them.
        _ = try convert(fixture(name), to: folder + "o.safetensors")
        #expect(try contents(folder + "o.safetensors") == expected)
    }

    @Test func whatIsNoModelIsLeftOutAndSaid() throws {
        let file = try Checkpoint(opening: fixture("dcp"))
        #expect(file.tensors.map(\.name).sorted() == ["fc.0.bias", "fc.0.weight", "fc.2.bias", "fc.2.weight"])
        #expect(file.skipped.sorted() == ["optimizer.state.step", "step"])
        #expect(try Checkpoint(opening: fixture("lightning.ckpt")).step == 500)
        #expect(try Checkpoint(opening: fixture("nested.pt")).step == 9)
    }

    @Test(arguments: ["float8_e4m3fn", "float8_e5m2"])
    func float8ReadsAsPyTorchReadsIt(name: String) throws {
        let file = try Checkpoint(opening: fixture("\(name).pt"))
        let expected = CheckpointFixtures.bytes("\(name).f32").withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
        let found = try file.floats("w")
        #expect(found.count == 256 && expected.count == 256)
        for (left, right) in zip(found, expected) {
            #expect(left.bitPattern == right.bitPattern || left.isNaN && right.isNaN)
        }
        // Quantized weights are read, and not taken for trained ones.
        #expect(throws: CheckpointError.self) { try file.check(parameters: [("w", [256])], isBuffer: { _ in false }) }
    }

    @Test func aRanksFileByItselfNamesTheWay() throws {
        let path = fixture("ranks/model_world_size_2_rank_1.pt")
        let error = try #require(throws: CheckpointError.self) { try Checkpoint(opening: path) }
        #expect("\(error)".contains("one rank's part") && "\(error)".contains("give the folder"))
        folder.write(CheckpointFixtures.bytes("ranks/model_world_size_2_rank_1.pt"), to: "model_world_size_2_rank_1.pt")
        let missing = try #require(throws: CheckpointError.self) { try Checkpoint(opening: folder.path) }
        #expect("\(missing)".contains("none of rank 0 of 2"))
    }

    @Test func piecesMustCoverATensorOnce() throws {
        for name in [".metadata", "__0_0.distcp", "__1_0.distcp"] {
            folder.write(CheckpointFixtures.bytes("dcp/\(name)"), to: name)
        }
        #expect(throws: Never.self) { try Checkpoint(opening: folder.path) }
        // A file cut short, and one of the two parts missing.
        folder.write(Array(CheckpointFixtures.bytes("dcp/__1_0.distcp").dropLast(4000)), to: "__1_0.distcp")
        #expect(throws: CheckpointError.self) { try Checkpoint(opening: folder.path) }
        let alone = TemporaryFolder()
        let name = "shard-00002-model-00001-of-00001.safetensors"
        alone.write(CheckpointFixtures.bytes("dcp_hf/\(name)"), to: name)
        alone.write(CheckpointFixtures.bytes("dcp_hf/\(name)"), to: "shard-00003-model-00001-of-00001.safetensors")
        let error = try #require(throws: CheckpointError.self) { try Checkpoint(opening: alone.path) }
        #expect("\(error)".contains("expected pieces that cover it once"))
    }

    @Test func shardedArchivesAreReadAndWrittenAsSafetensors() throws {
        let bytes = littleEndian([Float(1), 2])
        for (name, tensor) in [("pytorch_model-00001-of-00002.bin", "a"), ("pytorch_model-00002-of-00002.bin", "b")] {
            _ = folder.archive(
                name, pickle: Pickle.file(Pickle.dict([(tensor, Pickle.tensor("0", [2]))])), storages: [("0", bytes)])
        }
        folder.write(
            #"{"weight_map":{"a":"pytorch_model-00001-of-00002.bin","b":"pytorch_model-00002-of-00002.bin"}}"#,
            to: "pytorch_model.bin.index.json")
        folder.write("{}", to: "config.json")
        let source = try Checkpoint(opening: folder.path)
        #expect(source.format == .sharded)
        let writer = try CheckpointWriter(folder + "copy", layout: source.layout)
        for tensor in writer.tensors { try writer.copy(tensor.name, from: source) }
        try writer.commit()
        try source.copySideFiles(to: folder + "copy")
        let copy = try Checkpoint(opening: folder + "copy")
        #expect(try copy.floats("a") == [1, 2] && copy.floats("b") == [1, 2])
        let names = try FileManager.default.contentsOfDirectory(atPath: folder + "copy").sorted()
        #expect(
            names == [
                "config.json", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors",
                "model.safetensors.index.json",
            ])
    }

    @Test(arguments: [
        ("model.gguf", "GGUF\u{3}\u{0}\u{0}\u{0}", "GGUF"), ("m.h5", "\u{89}HDF\r\n\u{1a}\n", "HDF5"),
        ("page.bin", "<!DOCTYPE html><html>", "a web page"), ("a.npy", "\u{93}NUMPY\u{1}\u{0}", "numpy.savez"),
        ("z.safetensors.gz", "\u{1f}\u{8b}\u{8}", "unpack it"),
    ])
    func otherFormatsNameTheWay(name: String, start: String, way: String) throws {
        let path = folder.write(start.unicodeScalars.map { UInt8($0.value) }, to: name)
        let error = try #require(throws: CheckpointError.self) { try Checkpoint(opening: path) }
        #expect("\(error)".contains(way), "\(error)")
    }

    @Test(arguments: [
        (["zero_to_fp32.py", "latest"], "zero_to_fp32.py --safe_serialization"),
        (["checkpoint-500", "checkpoint-1000"], "checkpoint-1000"), (["consolidated.00.pth"], "Meta's own files"),
        (["notes.md"], "notes.md"), ([], "nothing"),
    ])
    func foldersWithoutAModelSayWhatTheyAre(names: [String], way: String) throws {
        for name in names { folder.write("x", to: name) }
        let error = try #require(throws: CheckpointError.self) { try Checkpoint(opening: folder.path) }
        #expect("\(error)".contains(way), "\(error)")
    }
}
