import Synchronization

/// A file written by `torch.save`: a zip archive of one pickle and one entry for each storage.
struct TorchArchive: TensorStore {
    /// The state dict's tensors, in the order of the file.
    let tensors: [TensorInfo]
    /// The top level without the state dict's tensors.
    let values: [PlainValue.Entry]
    /// Names of values inside the state dict that are not tensors.
    let skipped: [String]
    /// Where the state dict was found; nil for the top level.
    let key: String?
    /// For each tensor that is one rank's part of a larger one, how it was cut.
    let parts: [TensorPart?]
    private let archive: ZipArchive
    private let root: String
    private let views: [TorchTensor]
    private let gathered = GatheredTensor()

    /// - Parameters:
    ///   - part: bytes of the file that are the archive; nil for all.
    ///   - singleTensor: the archive holds one tensor and no dictionary; its name.
    ///   - acceptsParts: whether tensors may be one rank's parts of larger ones.
    /// - Throws: errors of the archive, of the pickle, of the state dict and its tensors.
    init(_ input: InputFile, part: Range<Int>? = nil, singleTensor: String? = nil, acceptsParts: Bool = false)
        throws(CheckpointError)
    {
        try self.init(ZipArchive(input, part: part), singleTensor: singleTensor, acceptsParts: acceptsParts)
    }

    init(_ archive: ZipArchive, singleTensor: String? = nil, acceptsParts: Bool = false) throws(CheckpointError) {
        self.archive = archive
        let path = archive.path
        root = try TorchArchive.findRoot(archive)
        if archive.entries[root + "constants.pkl"] != nil { throw .torchScript(file: path) }
        try TorchArchive.checkByteOrder(archive, root)
        guard let pickle = archive.entries[root + "data.pkl"] else {
            throw .entryMissing(file: path, entry: root + "data.pkl")
        }
        guard pickle.size <= PickleLimits.bytes else {
            throw .entryTooLarge(
                file: path, entry: pickle.name, limit: PickleLimits.bytes, found: UInt64(pickle.size))
        }
        let top = try Unpickler.value(of: archive.contents(of: pickle), file: path)
        let state: StateDict
        if let singleTensor {
            state = try StateDict(tensor: top, named: singleTensor, file: path)
        } else {
            state = try StateDict(in: top, file: path)
        }
        values = state.rest
        skipped = state.skipped
        key = state.key
        views = state.tensors.map(\.tensor)
        parts = state.tensors.map(\.part)
        var infos: [TensorInfo] = []
        for (name, tensor, part) in state.tensors {
            if part != nil, !acceptsParts { throw .partOfModel(file: path, tensor: name) }
            try TorchArchive.check(tensor, name: name, in: archive, root)
            infos.append(TensorInfo(name: name, dtype: tensor.dtype, shape: tensor.shape))
        }
        tensors = infos
    }

    func file(of tensor: Int) -> String { archive.path }

    /// The tensor of a name; looked for first where files of other ranks have it.
    func index(of name: String, near index: Int) -> Int? {
        if tensors.indices.contains(index), tensors[index].name == name { return index }
        return tensors.firstIndex { $0.name == name }
    }

    func read(_ tensor: Int, at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(CheckpointError) {
        guard buffer.count > 0 else { return }
        let info = tensors[tensor]
        let view = try TensorView(views[tensor], name: info.name, file: archive.path)
        if view.isContiguous {
            try readStorage(of: tensor, at: view.offset * info.dtype.size! + offset, into: buffer)
        } else {
            nonisolated(unsafe) let buffer = buffer
            try gathered.cache.withLock { (cache) throws(CheckpointError) in
                if cache?.tensor != tensor { cache = (tensor, try gather(view, of: tensor)) }
                cache!.bytes.withUnsafeBytes {
                    buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[offset..<(offset + buffer.count)]))
                }
            }
        }
    }

    private func readStorage(of tensor: Int, at offset: Int, into buffer: UnsafeMutableRawBufferPointer)
        throws(CheckpointError)
    {
        // The entry is there: `init` looked.
        try archive.read(archive.entries[root + "data/" + views[tensor].storage]!, at: offset, into: buffer)
    }

    /// The dense bytes of a strided view.
    private func gather(_ view: TensorView, of tensor: Int) throws(CheckpointError) -> [UInt8] {
        let info = tensors[tensor]
        let size = info.dtype.size!
        let what = "tensor '\(info.name)'"
        let source: [UInt8] = try filledArray(view.span * size, file: archive.path, what: what) {
            (buffer) throws(CheckpointError) in
            try readStorage(of: tensor, at: view.offset * size, into: UnsafeMutableRawBufferPointer(buffer))
        }
        return try filledArray(view.count * size, file: archive.path, what: what) { (dense) throws(CheckpointError) in
            source.withUnsafeBytes { source in
                func copy<Scalar>(_: Scalar.Type) {
                    let target = UnsafeMutableRawPointer(dense.baseAddress!).assumingMemoryBound(to: Scalar.self)
                    view.gather(source.baseAddress!.assumingMemoryBound(to: Scalar.self), into: target)
                }
                switch size {
                case 1: copy(UInt8.self)
                case 2: copy(UInt16.self)
                case 4: copy(UInt32.self)
                default: copy(UInt64.self)
                }
            }
        }
    }

    /// The folder of the archive, with its slash; it need not be named as the file.
    private static func findRoot(_ archive: ZipArchive) throws(CheckpointError) -> String {
        let roots = archive.entries.keys.filter { name in
            name.hasSuffix("/data.pkl") && name.utf8.count(where: { $0 == UInt8(ascii: "/") }) == 1
        }
        guard let pickle = roots.first else { throw .entryMissing(file: archive.path, entry: "<folder>/data.pkl") }
        guard roots.count == 1 else { throw .entryDuplicated(file: archive.path, entry: "<folder>/data.pkl") }
        return String(pickle.dropLast("data.pkl".count))
    }

    private static func checkByteOrder(_ archive: ZipArchive, _ root: String) throws(CheckpointError) {
        guard let entry = archive.entries[root + "byteorder"] else { return }
        guard entry.size <= 16 else {
            throw .entryTooLarge(file: archive.path, entry: entry.name, limit: 16, found: UInt64(entry.size))
        }
        let text = String(decoding: try archive.contents(of: entry), as: UTF8.self)
        guard text == "little" else { throw .wrongByteOrder(file: archive.path, found: text) }
    }

    /// Checks a tensor against its storage, and the storage against its entry.
    private static func check(_ tensor: TorchTensor, name: String, in archive: ZipArchive, _ root: String)
        throws(CheckpointError)
    {
        let entryName = root + "data/" + tensor.storage
        guard let entry = archive.entries[entryName] else { throw .entryMissing(file: archive.path, entry: entryName) }
        let (bytes, overflow) = tensor.storageCount.multipliedReportingOverflow(by: tensor.dtype.size!)
        guard !overflow, bytes == entry.size else {
            throw .viewOutsideStorage(
                file: archive.path, tensor: name,
                expected: "\(tensor.storageCount) scalars of \(tensor.dtype.rawValue) in entry '\(entryName)'",
                found: "\(entry.size) bytes")
        }
        _ = try TensorView(tensor, name: name, file: archive.path)
        guard TensorInfo.bitCount(tensor.shape, tensor.dtype) != nil else {
            throw .sizeOverflow(file: archive.path, tensor: name, shape: tensor.shape, dtype: tensor.dtype)
        }
    }
}

/// The strided tensor read last, dense: pieces of it are asked for one after the other.
private final class GatheredTensor: Sendable {
    let cache = Mutex<(tensor: Int, bytes: [UInt8])?>(nil)
}
