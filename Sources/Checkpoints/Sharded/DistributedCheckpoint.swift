/// A folder of `torch.distributed.checkpoint`: `.metadata`, a pickle that says which box of which tensor lies where,
/// and `__<rank>_<n>.distcp` files, in which each box is a whole archive of `torch.save`.
///
/// Source: PyTorch `torch/distributed/checkpoint/{metadata,filesystem}.py`.
struct DistributedCheckpoint {
    static let metadataName = ".metadata"

    let store: AssembledStore
    /// What stood before all names of the model's tensors and was taken off, such as `model.`.
    let prefix: String
    /// Entries that are no tensors of the model.
    let skipped: [String]

    /// A box and the part of a file that holds it.
    private struct Place {
        let file: String
        let offset: Int
        let length: Int
    }

    /// - Parameter directory: with its slash.
    init(directory: String) throws(CheckpointError) {
        let path = directory + Self.metadataName
        let input = try InputFile(path)
        guard input.size <= PickleLimits.bytes else {
            throw .pickleLimit(file: path, what: "bytes", limit: PickleLimits.bytes)
        }
        let top = try Unpickler.value(of: input.bytes(0..<input.size), file: path)
        guard let entries = top["state_dict_metadata"]?.entries, let data = top["storage_data"]?.entries else {
            throw .noStateDict(file: path, found: top.kind)
        }
        let names = ModelNames(entries.compactMap(\.key.string), paths: top["planner_data"])
        let places = try Self.places(data, file: path)
        var files: [String: InputFile] = [:]
        var assembled: [AssembledTensor] = []
        var skipped: [String] = []
        var seen: Set<String> = []
        for entry in entries {
            guard let key = entry.key.string, let name = names[key], entry.value["chunks"] != nil else {
                skipped.append(entry.key.label)
                continue
            }
            guard seen.insert(name).inserted else { throw .duplicateKey(file: path, key: name) }
            assembled.append(
                try Self.tensor(key, named: name, entry.value, places, directory: directory, path: path, &files))
        }
        guard !assembled.isEmpty else { throw .noStateDict(file: path, found: "a checkpoint without tensors") }
        store = AssembledStore(assembled, path: path)
        (prefix, self.skipped) = (names.prefix, skipped)
    }

    /// `storage_data`: {MetadataIndex(fqn, offset, index): _StorageInfo(relative_path, offset, length)}.
    private static func places(_ entries: [PlainValue.Entry], file: String) throws(CheckpointError) -> [String: Place] {
        var places: [String: Place] = [:]
        for entry in entries {
            guard let name = entry.key["fqn"]?.string, let path = entry.value["relative_path"]?.string,
                let offset = entry.value["offset"]?.int, let length = entry.value["length"]?.int,
                offset >= 0, length >= 0
            else {
                throw .badPickle(file: file, offset: 0, cause: "expected an index and a place in a file")
            }
            guard !path.isEmpty, !path.hasPrefix("/"), !path.split(separator: "/").contains("..") else {
                throw .shardNameEscapes(file: file, tensor: name, found: path)
            }
            if let transform = entry.value["transform_descriptors"], transform != .none {
                throw .unsupportedTensor(file: file, tensor: name, found: "one that is compressed or transformed")
            }
            let box = entry.key["offset"]?.sizes.map { "\($0)" } ?? ""
            places["\(name) \(box)"] = Place(file: path, offset: offset, length: length)
        }
        return places
    }

    private static func tensor(
        _ key: String, named name: String, _ value: PlainValue, _ places: [String: Place], directory: String,
        path: String, _ files: inout [String: InputFile]
    ) throws(CheckpointError) -> AssembledTensor {
        guard let shape = value["size"]?.sizes, case .list(let chunks)? = value["chunks"],
            let dtype = value["properties"]?.tensorType
        else {
            throw .unsupportedTensor(file: path, tensor: key, found: "one without size, type and chunks")
        }
        guard TensorInfo.bitCount(shape, dtype) != nil else {
            throw .sizeOverflow(file: path, tensor: key, shape: shape, dtype: dtype)
        }
        guard chunks.count <= AssembledTensor.mostPieces else {
            throw .piecesDoNotFit(file: path, tensor: key, found: "\(chunks.count) pieces")
        }
        var pieces: [TensorPiece] = []
        for chunk in chunks {
            guard let origin = chunk["offsets"]?.sizes, let size = chunk["sizes"]?.sizes,
                TensorInfo.bitCount(size, dtype) != nil
            else {
                throw .unsupportedTensor(file: path, tensor: key, found: "a chunk without offsets and sizes")
            }
            guard let place = places["\(key) \(origin)"] else {
                throw .piecesDoNotFit(file: path, tensor: key, found: "no place for the piece at \(origin)")
            }
            let input: InputFile
            if let known = files[place.file] { input = known } else { input = try InputFile(directory + place.file) }
            files[place.file] = input
            let store = try ArchivedTensor(input, at: place.offset, length: place.length, name: key)
            pieces.append(TensorPiece(origin: origin, shape: size, store: store, tensor: 0))
        }
        return try AssembledTensor(TensorInfo(name: name, dtype: dtype, shape: shape), pieces: pieces, file: path)
    }
}

extension PlainValue {
    /// The numbers of a `torch.Size`, a tuple or a list; nil for anything else, and for negative ones.
    var sizes: [Int]? {
        switch self {
        case .tuple(let items), .list(let items):
            let sizes = items.compactMap(\.int)
            return sizes.count == items.count && sizes.count <= PickleLimits.rank && sizes.allSatisfy { $0 >= 0 }
                ? sizes : nil
        case .opaque("torch.Size", let arguments, _): return arguments.first?.sizes ?? (arguments.isEmpty ? [] : nil)
        default: return nil
        }
    }

    /// The type of a `TensorProperties`, whose state is a tuple that begins with it, or of a dtype itself.
    var tensorType: DType? {
        switch self {
        case .opaque(let name, _, .none): DType(torch: name)
        case .opaque(_, _, .tuple(let items)): items.first?.tensorType
        case .opaque(_, _, let state): state["dtype"]?.tensorType
        default: nil
        }
    }
}
