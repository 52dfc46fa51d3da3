import Checkpoints
import Foundation
import TestSupport
import Testing

@Suite struct CheckpointAssemblerTests {
    private static let tensors = [
        TensorInfo(name: "b", dtype: .bf16, shape: [3, 5]), TensorInfo(name: "a", dtype: .f32, shape: [4]),
        TensorInfo(name: "c", dtype: .f64, shape: [2, 2]),
        TensorInfo(name: "empty", dtype: .f32, shape: [0]), TensorInfo(name: "d", dtype: .f16, shape: [7]),
    ]

    private func values(_ tensor: TensorInfo) -> [Float] {
        (0..<tensor.count).map { Float($0) + Float(tensor.name.utf8.first!) }
    }

    /// Puts all scalars one by one, in random order.
    private func fill(_ file: CheckpointAssembler, seed: UInt64 = 1) throws {
        var random = SeededGenerator(seed: seed)
        let places = Self.tensors.flatMap { tensor in (0..<tensor.count).map { (tensor, $0) } }.shuffled(using: &random)
        for (tensor, index) in places {
            try [values(tensor)[index]].withUnsafeBufferPointer { try file.write($0, to: tensor.name, at: index) }
        }
    }

    @Test func anyOrderGivesTheBytesOfTheWriter() throws {
        let folder = TemporaryFolder()
        let layout = CheckpointLayout(tensors: Self.tensors, metadata: ["format": "pt"])
        let writer = try CheckpointWriter(folder + "written", layout: layout)
        for tensor in writer.tensors { try writer.write(values(tensor), to: tensor.name) }
        try writer.commit()
        let file = try CheckpointAssembler(folder + "assembled", layout: layout, continuing: false)
        try fill(file)
        #expect(!FileManager.default.fileExists(atPath: folder + "assembled"))
        try file.commit()
        #expect(TemporaryFolder.bytes(of: folder + "assembled") == TemporaryFolder.bytes(of: folder + "written"))
        #expect(folder.contents == ["assembled", "written"])
    }

    @Test func shardsAndTheirIndexAreThoseOfTheWriter() throws {
        let folder = TemporaryFolder()
        let shards = [Array(Self.tensors[..<2]), Array(Self.tensors[2...])]
        var map: [String] = []
        mkdir(folder + "in", 0o777)
        for (number, shard) in shards.enumerated() {
            let name = "model-\(number).safetensors"
            let writer = try SafetensorsWriter(folder + "in/\(name)", tensors: shard)
            for tensor in writer.tensors { try writer.write(values(tensor), to: tensor.name) }
            try writer.commit()
            map += shard.map { "\"\($0.name)\": \"\(name)\"" }
        }
        folder.write("{\"weight_map\": {\(map.joined(separator: ", "))}}", to: "in/model.safetensors.index.json")
        let source = try Checkpoint(opening: folder + "in")
        let file = try CheckpointAssembler(folder + "out", layout: source.layout, continuing: false)
        for name in file.tensorNames { try file.copy(name, from: source) }
        try file.commit()
        for number in shards.indices {
            let name = "/model-\(number).safetensors"
            #expect(TemporaryFolder.bytes(of: folder + "out" + name) == TemporaryFolder.bytes(of: folder + "in" + name))
        }
        #expect(try Checkpoint(opening: folder + "out").tensors.count == Self.tensors.count)
    }

    @Test func whatIsDiscardedIsGoneAndWhatIsDroppedStays() throws {
        let folder = TemporaryFolder()
        let layout = CheckpointLayout(tensors: Self.tensors)
        folder.write("before", to: "out")
        try CheckpointAssembler(folder + "out", layout: layout, continuing: false).discard()
        #expect(folder.contents == ["out"])
        do {
            let dropped = try CheckpointAssembler(folder + "out", layout: layout, continuing: true)
            #expect(!dropped.continues)
            try fill(dropped)
        }
        let next = try CheckpointAssembler(folder + "out", layout: layout, continuing: true)
        #expect(next.continues)
        #expect(TemporaryFolder.bytes(of: folder + "out") == Array("before".utf8))
        try next.commit()
        #expect(try Checkpoint(opening: folder + "out").floats("a") == values(Self.tensors[1]))
        // The twin: begun anew, the scalars are zero again.
        try CheckpointAssembler(folder + "out", layout: layout, continuing: false).commit()
        #expect(try Checkpoint(opening: folder + "out").floats("a") == [0, 0, 0, 0])
    }

    @Test func twoProcessesMayNotFillOneFile() throws {
        let folder = TemporaryFolder()
        let first = try CheckpointAssembler(
            folder + "out", layout: CheckpointLayout(tensors: Self.tensors), continuing: false)
        #expect(throws: CheckpointError.inUse(file: folder + "out")) {
            try CheckpointAssembler(folder + "out", layout: CheckpointLayout(tensors: Self.tensors), continuing: false)
        }
        try first.commit()
        _ = try CheckpointAssembler(folder + "out", layout: CheckpointLayout(tensors: Self.tensors), continuing: false)
    }

    @Test func aDiskWithoutRoomIsRefusedAtOnce() throws {
        let folder = TemporaryFolder()
        // A petabyte.
        let layout = CheckpointLayout(tensors: [TensorInfo(name: "vast", dtype: .f32, shape: [1 << 48])])
        #expect {
            try CheckpointAssembler(folder + "out", layout: layout, continuing: false)
        } throws: { error in
            guard case .noSpace(folder + "out", let needed, let free)? = error as? CheckpointError else { return false }
            return needed > 1 << 50 && free < needed
        }
        #expect(folder.contents == [])
        try requireSpace(1, for: folder + "out")
    }
}
