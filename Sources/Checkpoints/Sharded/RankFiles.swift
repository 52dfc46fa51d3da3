/// The files of one model that its ranks wrote each by itself, `model_world_size_<n>_rank_<r>.pt`: state dicts of
/// `DTensor`s, each with the rank's part and how it was cut. verl and FSDP scripts write them.
///
/// Source: PyTorch `torch/distributed/tensor`: `Shard(dim)` cuts an axis into pieces of ceil(size / n), the last of
/// which may be smaller or empty.
struct RankFiles {
    let store: AssembledStore

    /// Names of the files in a folder, by rank; nil if there are none.
    /// - Throws: `rankMissing`.
    static func names(in listing: [String], path: String) throws(CheckpointError) -> [String]? {
        var found: [Int: String] = [:]
        var size: Int?
        for name in listing {
            guard let (world, rank) = numbers(of: name) else { continue }
            guard world == size ?? world, world <= 1 << 16 else {
                throw .rankMissing(file: path, found: "files of \(size ?? world) and of \(world) ranks")
            }
            size = world
            found[rank] = name
        }
        guard let size else { return nil }
        guard let missing = (0..<size).first(where: { found[$0] == nil }) else {
            return (0..<size).map { found[$0]! }
        }
        throw .rankMissing(file: path, found: "none of rank \(missing) of \(size)")
    }

    /// `model_world_size_8_rank_3.pt`: 8 and 3.
    static func numbers(of name: String) -> (world: Int, rank: Int)? {
        guard let start = name.firstRange(of: "world_size_"), name.hasSuffix(".pt"), !name.hasPrefix("optim"),
            !name.hasPrefix("extra_state")
        else { return nil }
        let parts = name[start.upperBound...].dropLast(3).split(separator: "_")
        guard parts.count == 3, parts[1] == "rank", let world = Int(parts[0]), let rank = Int(parts[2]),
            world > 0, rank >= 0, rank < world
        else { return nil }
        return (world, rank)
    }

    init(directory: String, names: [String], path: String) throws(CheckpointError) {
        var archives: [TorchArchive] = []
        for name in names { archives.append(try TorchArchive(InputFile(directory + name), acceptsParts: true)) }
        var assembled: [AssembledTensor] = []
        for index in archives[0].tensors.indices {
            assembled.append(try Self.tensor(index, of: archives, path: path))
        }
        store = AssembledStore(assembled, path: path)
    }

    /// A tensor of the first rank's file, put together of those of all ranks.
    private static func tensor(_ index: Int, of archives: [TorchArchive], path: String) throws(CheckpointError)
        -> AssembledTensor
    {
        let info = archives[0].tensors[index]
        var pieces: [TensorPiece] = []
        var whole: TensorInfo?
        for (rank, archive) in archives.enumerated() {
            guard let place = archive.index(of: info.name, near: index) else {
                throw .tensorMissing(file: archive.file(of: index), tensor: info.name)
            }
            let (local, file) = (archive.tensors[place], archive.file(of: place))
            guard let part = archive.parts[place] else {
                pieces.append(
                    TensorPiece(origin: local.shape.map { _ in 0 }, shape: local.shape, store: archive, tensor: place))
                continue
            }
            // That the size does not overflow was checked with the type of this rank.
            let shape = whole?.shape ?? part.shape
            guard local.dtype == info.dtype, part.shape == shape else {
                throw .piecesDoNotFit(
                    file: file, tensor: info.name,
                    found: "a part of \(local.dtype.rawValue) \(part.shape), and of \(info.dtype.rawValue) \(shape) in "
                        + "the file of a rank before it")
            }
            whole = TensorInfo(name: info.name, dtype: info.dtype, shape: shape)
            let box = try part.box(ofRank: rank, of: archives.count, tensor: info.name, file: file)
            pieces.append(TensorPiece(origin: box.origin, shape: box.shape, store: archive, tensor: place))
        }
        return try AssembledTensor(whole ?? info, pieces: pieces, file: path)
    }
}
