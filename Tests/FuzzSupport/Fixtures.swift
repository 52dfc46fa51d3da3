import Foundation
import Nowcasting
import TestSupport
import Training

/// Right files that the fuzzer damages.
enum Fixtures {
    static let metadata = CheckpointFixtures.bytes("dcp/.metadata")
    static let parts = ["__0_0.distcp", "__1_0.distcp"].map { ($0, CheckpointFixtures.bytes("dcp/\($0)")) }
    static let gzip = CheckpointFixtures.bytes("images-idx3-ubyte.gz")

    /// The pickle of a rank's state dict, and its storages.
    static let ranks = (0..<2).map { rank in
        let entries = TemporaryFolder.entries(
            of: CheckpointFixtures.folder + "ranks/model_world_size_2_rank_\(rank).pt")
        let storages = entries.compactMap { entry -> (String, [UInt8])? in
            guard let place = entry.name.firstRange(of: "/data/") else { return nil }
            return (String(entry.name[place.upperBound...]), entry.bytes)
        }
        return (pickle: entries.first { $0.name.hasSuffix("/data.pkl") }?.bytes ?? [], storages: storages)
    }

    /// The arrays of an archive of NumPy.
    static let arrays = TemporaryFolder.entries(of: CheckpointFixtures.folder + "stored.npz").map(\.bytes)

    static let manifest = encoded(
        CollectionManifest(version: "1", seed: 3, plan: .standard, data: ["fm-16": "d"]))

    static let trajectory: [UInt8] = {
        let run = String(decoding: encoded(CollectionRun(.standard, family: 0, index: 0, seed: 3)), as: UTF8.self)
        let metadata = [
            "format": Trajectory.format, "run": run, "parameters": #"["w"]"#, "outcome": "well", "version": "1",
        ]
        let header =
            #"{"__metadata__":"# + String(decoding: encoded(metadata), as: UTF8.self)
            + #","first.w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"#
            + #""change.w":{"dtype":"F16","shape":[7,2],"data_offsets":[8,36]}}"#
        return safetensors(header, [UInt8](repeating: 0, count: 36))
    }()

    /// Three nodes and two edges, one with both parameters and one with none.
    static let graph: [UInt8] = {
        let header =
            #"{"__metadata__":{"parameters":"[[\"w\", [2]]]"},"#
            + #""edge_index":{"dtype":"I64","shape":[2,2],"data_offsets":[0,32]},"#
            + #""edge_type":{"dtype":"I64","shape":[2],"data_offsets":[32,48]},"#
            + #""edge_param":{"dtype":"I64","shape":[2],"data_offsets":[48,64]},"#
            + #""edge_slots":{"dtype":"I64","shape":[2],"data_offsets":[64,80]},"#
            + #""lpe":{"dtype":"F32","shape":[3,8],"data_offsets":[80,176]}}"#
        let numbers: [Int64] = [0, 1, 2, 2, 1, 10, 0, -1, 2, 1]
        return safetensors(header, littleEndian(numbers) + [UInt8](repeating: 0, count: 96))
    }()

    static let journal: [UInt8] = {
        let folder = TemporaryFolder()
        let journal = FileJournal(output: folder + "o.safetensors", fingerprint: "f", resuming: false, pause: 0)
        journal.begin(continuing: false, flush: {}, takeWritten: { [] })
        for part in 0..<3 { journal.finished(part: part, [ChangeMeasure(change: 1, length: 2)]) }
        return TemporaryFolder.bytes(of: folder + ".o.safetensors.journal")
    }()

    private static func encoded(_ value: some Encodable) -> [UInt8] {
        guard let data = try? JSONEncoder().encode(value) else { preconditionFailure("\(value) is no JSON") }
        return Array(data)
    }
}
