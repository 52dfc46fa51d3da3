import Checkpoints
import Foundation
import JSONText
import Nowcasting
import PluginHost
import Tensors
import TestSupport
import Training

extension FuzzReader {
    /// Every reader of files that runs in this process.
    public static let all: [FuzzReader] = [
        safetensors, index, zip, pickle, ranks, distributed, numpy, archive, trainer, json, config, idx, gzip, cifar,
        tokenizer, words, manifest, collection, trajectory, journal, terms, graph, encoding, network, run, meta, budget,
        ledger, losses, plugin, model, program,
    ]

    private static let header =
        #"{"__metadata__":{"format":"pt","step":"7"},"a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},"#
        + #""b":{"dtype":"BF16","shape":[3],"data_offsets":[16,22]},"#
        + #""c":{"dtype":"I64","shape":[],"data_offsets":[22,30]}}"#
    static let tensors = TestSupport.safetensors(header, (0..<30).map { UInt8($0) })

    /// Opens a checkpoint and touches all that it says of itself.
    static func open(_ path: String) throws {
        let file = try Checkpoint(opening: path)
        _ = (file.layout, file.files, file.step)
        for tensor in file.tensors {
            var bytes = [UInt8](repeating: 0, count: min(tensor.byteCount, 1 << 16))
            try bytes.withUnsafeMutableBytes { try file.readBytes(tensor.name, 0..<$0.count, into: $0) }
            if tensor.dtype.isReadableAsFloat, tensor.count < 1 << 16 { _ = try file.floats(tensor.name) }
            if tensor.dtype.isInteger, tensor.count < 1 << 16 { _ = try file.int64s(tensor.name) }
        }
        _ = try? file.check(parameters: [("a", [2, 2])], isBuffer: { $0 == "b" })
    }

    private static let safetensors = FuzzReader("safetensors", corpus: [tensors]) { bytes, folder in
        try open(folder.write(bytes, to: "f.safetensors"))
    }

    private static let index = FuzzReader(
        "index",
        corpus: [
            Array(
                (#"{"metadata":{"total_size":30},"weight_map":"#
                    + #"{"a":"s.safetensors","b":"s.safetensors","c":"s.safetensors"}}"#)
                    .utf8)
        ]
    ) { bytes, folder in
        folder.write(tensors, to: "s.safetensors")
        try open(folder.write(bytes, to: "i.json"))
    }

    private static let state = Pickle.file(
        Pickle.dict([
            (
                "model",
                Pickle.orderedDict([
                    ("a", Pickle.tensor("0", [2, 2])), ("b", Pickle.tensor("0", [2], strides: [2], scalars: 4)),
                ])
            ), ("step", Pickle.int(7)), ("args", Pickle.object("argparse", "Namespace", [("lr", Pickle.float(0.1))])),
            ("list", Pickle.list([Pickle.string("x"), Pickle.tuple([Pickle.int(1)])])),
        ]))
    private static let storages: [(String, [UInt8])] = [("0", (0..<16).map { UInt8($0) })]

    private static let zip: FuzzReader = {
        let folder = TemporaryFolder()
        let archive = TemporaryFolder.bytes(of: folder.archive("z.pt", pickle: state, storages: storages))
        return FuzzReader("zip", corpus: [archive]) { bytes, folder in try open(folder.write(bytes, to: "z.pt")) }
    }()

    private static let pickle = FuzzReader("pickle", corpus: [state]) { bytes, folder in
        try open(folder.archive("p.pt", pickle: bytes, storages: storages))
    }

    /// A right pickle, and the same one with names of what could harm: damage makes calls of them.
    private static func withTemptations(_ pickle: [UInt8]) -> [[UInt8]] {
        let name = Pickle.global("posix", "system"), argument = Pickle.tuple([Pickle.string("touch nino-ran")])
        // A value on the stack that the end takes away.
        return [pickle, pickle.dropLast() + name + [UInt8(ascii: "0")] + argument + Array("0.".utf8)]
    }

    private static let ranks = FuzzReader("ranks", corpus: withTemptations(Fixtures.ranks[0].pickle)) { bytes, folder in
        for rank in 0..<2 {
            _ = folder.archive(
                "model_world_size_2_rank_\(rank).pt", pickle: rank == 0 ? bytes : Fixtures.ranks[1].pickle,
                storages: Fixtures.ranks[rank].storages)
        }
        try open(String(folder.path.dropLast()))
    }

    private static let distributed = FuzzReader(
        "distributed", corpus: withTemptations(Fixtures.metadata)
    ) { bytes, folder in
        for (name, contents) in Fixtures.parts { folder.write(contents, to: name) }
        folder.write(bytes, to: ".metadata")
        try open(String(folder.path.dropLast()))
    }

    private static let numpy = FuzzReader("numpy", corpus: Fixtures.arrays) { bytes, folder in
        try open(folder.zip("n.npz", entries: [("a.npy", bytes)]))
    }

    private static let archive = FuzzReader(
        "archive", corpus: ["stored.npz", "packed.npz"].map(CheckpointFixtures.bytes)
    ) { bytes, folder in
        try open(folder.write(bytes, to: "f.npz"))
    }

    /// What the trainers of Hugging Face write beside a checkpoint.
    private static let trainer = FuzzReader(
        "trainer", corpus: [Array(#"{"epoch": 0.5, "global_step": 200, "log_history": [{"loss": 3.5}]}"#.utf8)]
    ) { bytes, folder in
        folder.write(Fixtures.tensor, to: "model.safetensors")
        folder.write(bytes, to: "trainer_state.json")
        guard try Checkpoint(opening: String(folder.path.dropLast())).step != nil else { throw SetAside() }
    }

    private static let json = FuzzReader(
        "json", corpus: [Array(#"{"a":[1,-2.5e3,null,true,"\u00e9\ud83d\ude00"],"b":{"c":{}}}"#.utf8)]
    ) { bytes, _ in
        _ = try JSONValue(parsing: bytes, file: "f").description
    }

    private static let config = FuzzReader(
        "config",
        corpus: [
            Array(#"{"model_type": "gpt2", "n_layer": 2, "rope_scaling": {"factor": 8.0}, "hidden": [1, 2]}"#.utf8)
        ]
    ) { bytes, _ in
        _ = try ModelConfiguration(json: Data(bytes), file: "f").modelType
    }

    private static let idxFile: [UInt8] = [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 3] + (0..<12).map { UInt8($0) }

    private static let idx = FuzzReader("idx", corpus: [idxFile]) { bytes, folder in
        _ = try IDXArray(contentsOf: folder.write(bytes, to: "f-idx"), rank: 3)
    }

    private static let gzip = FuzzReader("gzip", corpus: [Fixtures.gzip]) { bytes, folder in
        _ = try IDXArray(contentsOf: folder.write(bytes, to: "f-idx.gz"), rank: 3)
    }

    private static let manifest = FuzzReader("manifest", corpus: [Fixtures.manifest]) { bytes, folder in
        let manifest = try CollectionManifest(contentsOf: folder.write(bytes, to: "manifest.json"))
        try manifest.plan.validate()
    }

    private static let trajectory = FuzzReader("trajectory", corpus: [Fixtures.trajectory]) { bytes, folder in
        let trajectory = try Trajectory(opening: folder.write(bytes, to: "t.safetensors"))
        _ = try trajectory.states(0..<1, of: 0)
    }

    private static let journal = FuzzReader("journal", corpus: [Fixtures.journal]) { bytes, folder in
        folder.write(bytes, to: ".o.safetensors.journal")
        let journal = FileJournal(output: folder + "o.safetensors", fingerprint: "f", resuming: true)
        _ = journal.restore(into: [Tensor(shape: [2, 1])], rows: [0..<2])
        // A damaged journal is no error for the user: the work begins anew.
        guard journal.continues else { throw SetAside() }
    }

    private static let graph = FuzzReader("graph", corpus: [Fixtures.graph]) { bytes, folder in
        _ = try GraphFile.read(folder.write(bytes, to: "g.safetensors"))
    }

    /// Another positional encoding for a graph.
    private static let encoding = FuzzReader("encoding", corpus: [Fixtures.graph]) { bytes, folder in
        _ = try GraphFile.readEncoding(folder.write(bytes, to: "g.safetensors"))
    }

    /// A nowcaster of one's own.
    private static let network = FuzzReader("network", corpus: [Fixtures.network]) { bytes, folder in
        _ = try NowcastNetwork(opening: folder.write(bytes, to: "n.safetensors"))
    }

    /// Node terms beside a journal that is right.
    private static let terms = FuzzReader("terms", corpus: [Fixtures.terms.terms]) { bytes, folder in
        folder.write(Fixtures.terms.journal, to: ".o.safetensors.journal")
        folder.write(bytes, to: ".o.safetensors.journal.terms")
        let journal = FileJournal(output: folder + "o.safetensors", fingerprint: "f", resuming: true)
        let term = Tensor(shape: [6, 2])
        guard journal.continues, journal.restore(into: [term], rows: [0..<6]) else { throw SetAside() }
        precondition(term.array == Fixtures.terms.values, "other terms than were written")
    }

    private static let run = FuzzReader("run", corpus: [FuzzedRun.checkpoint]) { bytes, folder in
        folder.removeContents()
        mkdir(folder + "run", 0o700)
        folder.write(bytes, to: "run/checkpoint.safetensors")
        try FuzzedRun.resume(in: folder)
    }

    /// Of a plugin what is read of it without running it.
    private static let plugin = FuzzReader(
        "plugin", corpus: [TemporaryFolder.bytes(of: BuiltProducts.library("TestFalseManifest"))]
    ) { bytes, folder in
        guard try PluginFile(folder.write(bytes, to: "libP.so")).manifest != nil else { throw SetAside() }
    }
}

/// A reader took nothing from a file, without an error.
struct SetAside: Error {}
