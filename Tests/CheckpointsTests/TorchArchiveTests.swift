import Checkpoints
import TestSupport
import Testing

struct TorchArchiveTests {
    let folder = TemporaryFolder()
    let six = littleEndian((0..<6).map(Float.init))

    func open(_ entries: [(String, [UInt8])], storages: [(String, [UInt8])]? = nil) throws(CheckpointError)
        -> Checkpoint
    {
        try Checkpoint(
            opening: folder.archive(
                "f.pt", pickle: Pickle.file(Pickle.dict(entries)), storages: storages ?? [("0", six)]))
    }

    var file: String { folder + "f.pt" }

    @Test func everyStorageTypeReads() throws {
        let columns: [(String, DType, [UInt8], [Float])] = [
            ("FloatStorage", .f32, littleEndian([Float(1.5), -2]), [1.5, -2]),
            ("DoubleStorage", .f64, littleEndian([1.5, -2]), [1.5, -2]),
            ("HalfStorage", .f16, littleEndian([UInt16(0x3E00), 0xC000]), [1.5, -2]),
            ("BFloat16Storage", .bf16, littleEndian([UInt16(0x3FC0), 0xC000]), [1.5, -2]),
            ("LongStorage", .i64, littleEndian([Int64(3), -2]), [3, -2]),
            ("IntStorage", .i32, littleEndian([Int32(3), -2]), [3, -2]),
            ("ShortStorage", .i16, littleEndian([Int16(3), -2]), [3, -2]),
            ("CharStorage", .i8, littleEndian([Int8(3), -2]), [3, -2]),
            ("ByteStorage", .u8, [3, 255], [3, 255]),
            ("BoolStorage", .bool, [0, 1], [0, 1]),
        ]
        for (storage, dtype, data, expected) in columns {
            let checkpoint = try open([("a", Pickle.tensor("0", [2], storage: storage))], storages: [("0", data)])
            #expect(checkpoint.tensors == [TensorInfo(name: "a", dtype: dtype, shape: [2])])
            #expect(try checkpoint.floats("a") == expected)
        }
    }

    @Test func viewsAreGathered() throws {
        let checkpoint = try open([
            ("dense", Pickle.tensor("0", [2, 3])),
            ("transposed", Pickle.tensor("0", [3, 2], strides: [1, 3])),
            ("column", Pickle.tensor("0", [2], strides: [3], offset: 1, scalars: 6)),
            ("row", Pickle.tensor("0", [3], offset: 3, scalars: 6)),
            ("repeated", Pickle.tensor("0", [2, 2, 2], strides: [0, 3, 1], scalars: 6)),
            // Where there is one index only any stride will do.
            ("single", Pickle.tensor("0", [2, 1, 2], strides: [1, .max, 2], scalars: 6)),
            ("scalar", Pickle.tensor("0", [], offset: 5, scalars: 6)),
            ("empty", Pickle.tensor("0", [0, 3], offset: 6, scalars: 6)),
        ])
        #expect(
            checkpoint.tensors.map(\.name) == [
                "dense", "transposed", "column", "row", "repeated", "single", "scalar", "empty",
            ])
        #expect(try checkpoint.floats("dense") == [0, 1, 2, 3, 4, 5])
        #expect(try checkpoint.floats("transposed") == [0, 3, 1, 4, 2, 5])
        #expect(try checkpoint.floats("column") == [1, 4])
        #expect(try checkpoint.floats("row") == [3, 4, 5])
        #expect(try checkpoint.floats("repeated") == [0, 1, 3, 4, 0, 1, 3, 4])
        #expect(try checkpoint.floats("single") == [0, 2, 1, 3])
        #expect(try checkpoint.floats("scalar") == [5] && checkpoint.floats("empty") == [])
        var part: [Float] = [0, 0]
        try part.withUnsafeMutableBufferPointer { try checkpoint.read("transposed", 2..<4, into: $0) }
        #expect(part == [1, 4])
    }

    @Test func viewsMustLieInTheirStorage() {
        let inside = "a view inside its storage of 6 scalars"
        let cases: [([UInt8], String, String)] = [
            (Pickle.tensor("0", [2, 3], offset: 1), inside, "offset 1, shape [2, 3] and strides [3, 1]"),
            (Pickle.tensor("0", [2, 3], strides: [4, 1]), inside, "offset 0, shape [2, 3] and strides [4, 1]"),
            (
                Pickle.tensor("0", [2, 3], offset: .max), inside,
                "offset 9223372036854775807, shape [2, 3] and strides [3, 1]"
            ),
            (
                Pickle.tensor("0", [1 << 62, 4], strides: [0, 0], scalars: 6), inside,
                "shape [4611686018427387904, 4] with strides [0, 0]"
            ),
            (Pickle.tensor("0", [1 << 40], strides: [0], scalars: 6), inside, "1099511627776 scalars that repeat it"),
            (Pickle.tensor("0", [2, 3], scalars: 7), "7 scalars of F32 in entry 'archive/data/0'", "24 bytes"),
            (
                Pickle.tensor("0", [2, 3], scalars: 1 << 62),
                "4611686018427387904 scalars of F32 in entry 'archive/data/0'", "24 bytes"
            ),
        ]
        for (tensor, expected, found) in cases {
            #expect(
                throws: CheckpointError.viewOutsideStorage(file: file, tensor: "a", expected: expected, found: found)
            ) { try open([("a", tensor)]) }
        }
        #expect(throws: CheckpointError.entryMissing(file: file, entry: "archive/data/../1")) {
            try open([("a", Pickle.tensor("../1", [6]))])
        }
    }

    @Test func aTensorThatNoSafetensorsFileCanHoldIsRefused() {
        func error(_ path: String) -> CheckpointError {
            .tensorSurplus(
                file: path, tensor: "__metadata__",
                expected: "none of this name, under which safetensors files keep their metadata")
        }
        let tensor = Pickle.tensor("0", [6])
        #expect(throws: error(file)) { try open([("a", tensor), ("__metadata__", tensor)]) }
        let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (6,), }"
        let start: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0]
        let array: [UInt8] = start + littleEndian([UInt16(header.utf8.count)]) + Array(header.utf8) + six
        let numpy = folder.zip("f.npz", entries: [("__metadata__.npy", array)])
        #expect(throws: error(numpy)) { try Checkpoint(opening: numpy) }
    }

    @Test(arguments: ["model", "state_dict", "model_state_dict"])
    func stateDictIsFoundUnderItsUsualKeys(_ key: String) throws {
        let state = Pickle.orderedDict([("module.w", Pickle.tensor("0", [6]))])
        let checkpoint = try open([
            ("step", Pickle.int(7)), (key, state), ("optimizer", Pickle.dict([("moment", Pickle.tensor("0", [6]))])),
        ])
        #expect(checkpoint.tensors.map(\.name) == ["module.w"])
        #expect(checkpoint.value("step") == .int(7))
        #expect(checkpoint.metadata == ["step": "7"])
    }

    @Test func modelComesBeforeStateDictAndTensorsOnTopBeforeBoth() throws {
        let inner = { (name: String) in Pickle.dict([(name, Pickle.tensor("0", [6]))]) }
        #expect(try open([("state_dict", inner("s")), ("model", inner("m"))]).tensors.map(\.name) == ["m"])
        #expect(try open([("model", Pickle.tensor("0", [6]))]).tensors.map(\.name) == ["model"])
        #expect(try open([("a", Pickle.tensor("0", [6])), ("epoch", Pickle.int(1))]).tensors.map(\.name) == ["a"])
    }

    @Test func checkpointsWithoutTensorsSaySo() {
        #expect(
            throws: CheckpointError.noStateDict(file: file, found: "a dictionary of 1 entries without tensors there")
        ) { try open([("a", Pickle.int(1))]) }
        let list = folder.archive(
            "list.pt", pickle: Pickle.file(Pickle.list([Pickle.tensor("0", [6])])), storages: [("0", six)])
        #expect(throws: CheckpointError.noStateDict(file: list, found: "a list")) { try Checkpoint(opening: list) }
        let tensor = Pickle.tensor("0", [6], storage: "ComplexDoubleStorage")
        #expect(
            throws: CheckpointError.unsupportedTensor(
                file: file, tensor: "a", found: "one made by torch._utils._rebuild_tensor_v2")
        ) { try open([("a", tensor), ("b", Pickle.tensor("0", [6]))]) }
    }

    @Test func plainValuesAndObjectsAreReadable() throws {
        let version =
            Pickle.global("torch.torch_version", "TorchVersion") + Pickle.tuple([Pickle.string("2.6")]) + [0x81]
        let arguments = Pickle.object("argparse", "Namespace", [("lr", Pickle.float(0.006)), ("torch", version)])
        let checkpoint = try open([
            ("model", Pickle.dict([("w", Pickle.tensor("0", [6]))])),
            ("args", arguments),
            (
                "model_args",
                Pickle.dict([
                    ("hid", Pickle.list([Pickle.int(16), Pickle.int(32)])), ("gnn", [0x89]),
                    ("none", [UInt8(ascii: "N")]),
                ])
            ),
            ("custom", Pickle.object("my.module", "Thing", [("x", Pickle.int(1 << 40))])),
            ("loss", Pickle.float(.infinity)),
        ])
        #expect(checkpoint.value("args")?["lr"]?.double == 0.006)
        #expect(checkpoint.value("model_args")?["gnn"]?.bool == false)
        #expect(
            checkpoint.value("custom")
                == .opaque(
                    name: "my.module.Thing", arguments: [],
                    state: .dict([.init(key: .string("x"), value: .int(1 << 40))])))
        #expect(checkpoint.metadata["args"] == "{\"lr\": 0.006, \"torch\": \"2.6\"}")
        #expect(checkpoint.metadata["model_args"] == "{\"hid\": [16, 32], \"gnn\": false, \"none\": null}")
        #expect(checkpoint.metadata["loss"] == "\"Infinity\"")
    }

    @Test func archivesThatAreNotWholeAreRefused() throws {
        let pickle = Pickle.file(Pickle.dict([("a", Pickle.tensor("0", [2, 3]))]))
        let good = folder.archive("good.pt", pickle: pickle, storages: [("0", six)], root: "other", byteOrder: nil)
        #expect(try Checkpoint(opening: good).floats("a") == [0, 1, 2, 3, 4, 5])
        let packed = folder.archive("packed.pt", pickle: pickle, storages: [("0", six)], compressed: true)
        var part: [Float] = [0, 0]
        try part.withUnsafeMutableBufferPointer { try Checkpoint(opening: packed).read("a", 3..<5, into: $0) }
        #expect(part == [3, 4])

        let big = folder.archive("big.pt", pickle: pickle, storages: [("0", six)], byteOrder: "big")
        #expect(throws: CheckpointError.wrongByteOrder(file: big, found: "big")) { try Checkpoint(opening: big) }
        let script = folder.archive(
            "script.pt", pickle: pickle, storages: [("0", six)], extra: [("archive/constants.pkl", [1])])
        #expect(throws: CheckpointError.torchScript(file: script)) { try Checkpoint(opening: script) }
        let bare = folder.archive("bare.pt", pickle: pickle, root: "a/b")
        #expect(throws: CheckpointError.entryMissing(file: bare, entry: "<folder>/data.pkl")) {
            try Checkpoint(opening: bare)
        }
        let cut = folder.write(Array(TemporaryFolder.bytes(of: good).dropLast(30)), to: "cut.pt")
        #expect(throws: CheckpointError.badArchive(file: cut, entry: "", cause: "Not a zip archive")) {
            try Checkpoint(opening: cut)
        }
    }

    @Test func oneFlippedBitFailsTheChecksumForWholeAndPartialReads() throws {
        let good = try open([("a", Pickle.tensor("0", [2, 3]))])
        #expect(try good.floats("a") == [0, 1, 2, 3, 4, 5])
        var bytes = TemporaryFolder.bytes(of: file)
        let start = bytes.indices.first { bytes[$0...].starts(with: six) }!
        bytes[start + 20] ^= 1
        let bad = try Checkpoint(opening: folder.write(bytes, to: "bad.pt"))
        let error = CheckpointError.badArchive(file: folder + "bad.pt", entry: "archive/data/0", cause: "CRC error")
        #expect(throws: error) { try bad.floats("a") }
        var part: [Float] = [0]
        #expect(throws: error) { try part.withUnsafeMutableBufferPointer { try bad.read("a", 0..<1, into: $0) } }
    }
}
