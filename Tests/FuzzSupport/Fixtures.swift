import Foundation
import Nowcasting
import Tensors
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

    /// One number, and nothing said of it.
    static let tensor = safetensors(
        #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, [UInt8](repeating: 0, count: 4))

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

    /// Node terms in their file, and the journal that has their checksums.
    static let terms: (journal: [UInt8], terms: [UInt8], values: [Float]) = {
        let folder = TemporaryFolder()
        let values = (0..<12).map { Float($0) / 3 }
        let journal = FileJournal(output: folder + "o.safetensors", fingerprint: "f", resuming: false, pause: 0)
        journal.begin(continuing: false, flush: {}, takeWritten: { [] })
        journal.save([Tensor(shape: [6, 2], values: values)], rows: 0..<6)
        let path = folder + ".o.safetensors.journal"
        return (TemporaryFolder.bytes(of: path), TemporaryFolder.bytes(of: path + ".terms"), values)
    }()

    /// A small network of random weights.
    static let network: [UInt8] = {
        var (entries, data): ([String], [UInt8]) = ([], [])
        let weights = NowcastNetwork.randomWeights(width: 2, slots: 1, layers: 2, horizons: 2, seed: 1)
        for (name, weight) in weights.sorted(by: { $0.key < $1.key }) {
            let start = data.count
            data += littleEndian(weight.values)
            entries.append(
                #""\#(name)":{"dtype":"F32","shape":\#(weight.shape),"data_offsets":[\#(start),\#(data.count)]}"#)
        }
        let metadata = #""__metadata__":{"model_args":"{\"wte_pos_enc\":false,\"hid\":2,\"upd_scale\":0.5}"}"#
        return safetensors("{" + ([metadata] + entries).joined(separator: ",") + "}", data)
    }()

    static let plan = encoded(CollectionPlan.standard)

    /// Small ones of every kind that is read.
    static let tokenizers: [[UInt8]] = {
        struct Cases: Decodable {
            struct Case: Decodable { let tokenizer: String }
            let cases: [Case]
        }
        let path = BuiltProducts.repository.appendingPathComponent("Tests/Fixtures/tokenizer_cases.json").path
        let cases = try? JSONDecoder().decode(Cases.self, from: Data(TemporaryFolder.bytes(of: path)))
        return cases?.cases.map { Array($0.tokenizer.utf8) } ?? []
    }()

    private static func encoded(_ value: some Encodable) -> [UInt8] {
        guard let data = try? JSONEncoder().encode(value) else { preconditionFailure("\(value) is no JSON") }
        return Array(data)
    }
}
