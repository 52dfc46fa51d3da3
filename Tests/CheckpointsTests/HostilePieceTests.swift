import Checkpoints
import TestSupport
import Testing

/// Models in pieces that were made to harm.
struct HostilePieceTests {
    let folder = TemporaryFolder()

    /// A `DTensor` of a whole shape that all ranks of a mesh hold, whose sizes are merged into one axis.
    private func replica(_ local: [UInt8], of shape: [Int], mesh: [Int]) -> [UInt8] {
        let module = "torch.distributed"
        let axis = Pickle.object(module, "Axis", [("shape", Pickle.tuple(mesh.map(Pickle.int)))])
        let layout = Pickle.object(module, "Layout", [("axes", Pickle.tuple([axis]))])
        let spec = Pickle.object(
            module, "Spec",
            [
                ("mesh", Pickle.object(module, "Mesh", [("_layout", layout)])),
                ("placements", Pickle.tuple([Pickle.object(module, "Replicate", [])])),
                ("tensor_meta", Pickle.call(module, "Meta", [Pickle.tuple(shape.map(Pickle.int))])),
            ])
        return Pickle.call(
            "torch._tensor", "_rebuild_from_type_v2",
            [
                Pickle.global("torch._utils", "_rebuild_tensor_v2"), Pickle.global(module, "DTensor"),
                Pickle.tuple([]), Pickle.dict([("_local_tensor", local), ("_spec", spec)]),
            ])
    }

    private func write(_ tensor: [UInt8], bytes: Int, to name: String) -> String {
        folder.archive(
            name, pickle: Pickle.file(Pickle.dict([("w", tensor)])),
            storages: [("0", [UInt8](repeating: 0, count: bytes))])
    }

    @Test func aMeshOfMoreRanksThanNumbersIsRefused() throws {
        let tensor = Pickle.tensor("0", [4])
        let path = write(replica(tensor, of: [4], mesh: [1 << 62, 4]), bytes: 16, to: "mesh.pt")
        let found = "one made by torch._tensor._rebuild_from_type_v2"
        #expect(throws: CheckpointError.unsupportedTensor(file: path, tensor: "w", found: found)) {
            try Checkpoint(opening: path)
        }
        // The twin.
        let small = write(replica(tensor, of: [4], mesh: [2, 4]), bytes: 16, to: "small.pt")
        #expect(throws: CheckpointError.partOfModel(file: small, tensor: "w")) { try Checkpoint(opening: small) }
    }

    @Test func ranksMustAgreeOnTypeAndShape() throws {
        func write(_ rank: Int, _ storage: String, bytes: Int, of shape: [Int]) -> String {
            let local = Pickle.tensor("0", [2], storage: storage)
            return self.write(
                replica(local, of: shape, mesh: [2]), bytes: bytes, to: "model_world_size_2_rank_\(rank).pt")
        }
        _ = write(0, "DoubleStorage", bytes: 16, of: [2])
        let second = write(1, "DoubleStorage", bytes: 16, of: [2])
        #expect(try Checkpoint(opening: folder.path).floats("w") == [0, 0])
        // Fits 63 bits as U8, and not as F64.
        _ = write(1, "ByteStorage", bytes: 2, of: [1 << 59])
        let found = "a part of U8 [576460752303423488], and of F64 [2] in the file of a rank before it"
        #expect(throws: CheckpointError.piecesDoNotFit(file: second, tensor: "w", found: found)) {
            try Checkpoint(opening: folder.path)
        }
    }

    @Test func piecesOfScalarsThatShareBytesAreRefused() {
        for number in 1...2 {
            let header = #"{"w\#(number)":{"dtype":"F4","shape":[4],"data_offsets":[0,2]}}"#
            folder.write(
                safetensors(header, [0, 0]), to: "shard-0000\(number)-model-0000\(number)-of-00002.safetensors")
        }
        let found = "pieces of F4, whose scalars share bytes"
        #expect(throws: CheckpointError.unsupportedTensor(file: folder.path, tensor: "w1", found: found)) {
            try Checkpoint(opening: folder.path)
        }
    }
}
