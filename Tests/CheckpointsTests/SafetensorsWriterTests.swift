import Checkpoints
import TestSupport
import Testing

struct SafetensorsWriterTests {
    let folder = TemporaryFolder()

    /// The bytes were compared with those of the reference writer, safetensors 0.8.0.
    @Test func layoutIsTheReferenceWriters() throws {
        let tensors = [
            TensorInfo(name: "b", dtype: .bf16, shape: [2]), TensorInfo(name: "z", dtype: .f32, shape: [1]),
            TensorInfo(name: "a", dtype: .f32, shape: []), TensorInfo(name: "n", dtype: .i64, shape: [1]),
            TensorInfo(name: "e", dtype: .f32, shape: [0]),
        ]
        let writer = try SafetensorsWriter(folder + "f.safetensors", tensors: tensors, metadata: ["k\"": "é\n"])
        #expect(writer.tensors.map(\.name) == ["n", "a", "e", "z", "b"])
        try writer.writeInt64s([Int64(-1)], to: "n")
        try writer.write([1], to: "a")
        try writer.write([Float](), to: "e")
        try writer.write([2], to: "z")
        try writer.write([3, -0.0], to: "b")
        try writer.commit()
        let header =
            "{\"__metadata__\":{\"k\\\"\":\"é\\n\"},\"n\":{\"dtype\":\"I64\",\"shape\":[1],\"data_offsets\":[0,8]},"
            + "\"a\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[8,12]},"
            + "\"e\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[12,12]},"
            + "\"z\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[12,16]},"
            + "\"b\":{\"dtype\":\"BF16\",\"shape\":[2],\"data_offsets\":[16,20]}}"
        let padded = header + String(repeating: " ", count: (8 - header.utf8.count % 8) % 8)
        let data = littleEndian([Int64(-1)]) + littleEndian([Float(1), 2]) + littleEndian([UInt16(0x4040), 0x8000])
        #expect(TemporaryFolder.bytes(of: folder + "f.safetensors") == safetensors(padded, data))
        #expect(padded.utf8.count % 8 == 0)
    }

    @Test(arguments: [DType.f32, .f16, .bf16, .f64])
    func writtenFloatsReadBackRounded(_ dtype: DType) throws {
        var generator = SeededGenerator(seed: 3)
        let values = generator.floats(300_001)
        let writer = try SafetensorsWriter(
            folder + "f.safetensors", tensors: [TensorInfo(name: "a", dtype: dtype, shape: [300_001])])
        // Pieces that end in the middle of the writer's own.
        for start in stride(from: 0, to: values.count, by: 70_001) {
            try writer.write(Array(values[start..<min(start + 70_001, values.count)]), to: "a")
        }
        try writer.commit()
        let expected = values.map { value in
            switch dtype {
            case .f16: HalfPrecision.float(f16: HalfPrecision.f16(value))
            case .bf16: HalfPrecision.float(bf16: HalfPrecision.bf16(value))
            default: value
            }
        }
        #expect(try Checkpoint(opening: folder + "f.safetensors").floats("a") == expected)
        #expect((expected == values) == (dtype == .f32 || dtype == .f64))
    }

    @Test func bytesOfAnyTypePassThrough() throws {
        for dtype in DType.allCases {
            let tensor = TensorInfo(name: "a", dtype: dtype, shape: [4])
            let bytes = (0..<tensor.byteCount).map { UInt8($0 * 37 % 251) }
            let writer = try SafetensorsWriter(folder + "f.safetensors", tensors: [tensor])
            try bytes.withUnsafeBytes { try writer.writeBytes($0, to: "a") }
            try writer.commit()
            let copy = try CheckpointWriter(
                folder + "g.safetensors", layout: Checkpoint(opening: folder + "f.safetensors").layout)
            try copy.copy("a", from: Checkpoint(opening: folder + "f.safetensors"))
            try copy.commit()
            #expect(
                TemporaryFolder.bytes(of: folder + "g.safetensors")
                    == TemporaryFolder.bytes(of: folder + "f.safetensors"))
            #expect(Array(TemporaryFolder.bytes(of: folder + "g.safetensors").suffix(bytes.count)) == bytes)
        }
    }

    @Test func orderOfTensorsAndMetadataDoesNotChangeTheFile() throws {
        let tensors = ["c", "a", "b"].map { TensorInfo(name: $0, dtype: .f32, shape: [1]) }
        let metadata = Dictionary(uniqueKeysWithValues: (0..<20).map { ("k\($0)", "v") })
        for (name, order) in [("x", tensors), ("y", tensors.reversed())] {
            let writer = try SafetensorsWriter(folder + name, tensors: order, metadata: metadata)
            for tensor in writer.tensors { try writer.write([1], to: tensor.name) }
            try writer.commit()
        }
        #expect(TemporaryFolder.bytes(of: folder + "x") == TemporaryFolder.bytes(of: folder + "y"))
    }

    @Test func fileCanBeReplacedWhileItIsRead() throws {
        let tensor = TensorInfo(name: "a", dtype: .f32, shape: [1])
        for value: Float in [1, 2] {
            let source = value == 2 ? try Checkpoint(opening: folder + "f") : nil
            let writer = try SafetensorsWriter(folder + "f", tensors: [tensor])
            try writer.write([value], to: "a")
            try writer.commit()
            if let source { #expect(try source.floats("a") == [1]) }
        }
        #expect(try Checkpoint(opening: folder + "f").floats("a") == [2])
    }
}
