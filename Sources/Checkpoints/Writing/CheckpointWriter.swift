import Glibc
import JSONText

/// Writes a checkpoint in a given layout: one safetensors file, or shards and their index.
///
/// Data is handed over in the order of `tensors`. No file gets its name before all are complete on the disk; the index
/// is last. Dropped before `commit`, it leaves nothing behind.
public final class CheckpointWriter {
    /// All tensors, in the order to write them in.
    public let tensors: [TensorInfo]

    private let path: String
    private let layout: CheckpointLayout
    private let directory: String
    private let indexName: String
    /// True while the directory is ours to remove again.
    private var madeDirectory: Bool
    private var complete: [SafetensorsWriter] = []
    private var open: SafetensorsWriter?

    /// - Parameter path: the file to write; for shards the directory, made if missing, or the index inside it.
    /// - Throws: `cannotWrite`, `headerTooLong`.
    public init(_ path: String, layout: CheckpointLayout) throws(CheckpointError) {
        self.path = path
        self.layout = layout
        (directory, indexName, madeDirectory) = try CheckpointWriter.place(path, layout)
        // The order of the file is the writer's; the layout may list tensors otherwise.
        self.tensors = layout.files.flatMap { SafetensorsWriter.order($0.tensors) }
        try openNext()
    }

    deinit {
        open = nil
        complete = []
        if madeDirectory { rmdir(directory) }
    }

    /// Appends float32 scalars to tensor `name`; as `SafetensorsWriter.write`.
    public func write(_ values: UnsafeBufferPointer<Float>, to name: String) throws(CheckpointError) {
        if values.isEmpty { return }
        try writer(for: name).write(values, to: name)
        try openNext()
    }

    /// Appends float32 scalars to tensor `name`; as `SafetensorsWriter.write`.
    public func write(_ values: [Float], to name: String) throws(CheckpointError) {
        if values.isEmpty { return }
        try writer(for: name).write(values, to: name)
        try openNext()
    }

    /// Appends whole numbers to tensor `name` of type I64.
    public func writeInt64s(_ values: [Int64], to name: String) throws(CheckpointError) {
        if values.isEmpty { return }
        try writer(for: name).writeInt64s(values, to: name)
        try openNext()
    }

    /// Appends bytes, as stored, to tensor `name` of any type.
    public func writeBytes(_ bytes: UnsafeRawBufferPointer, to name: String) throws(CheckpointError) {
        if bytes.isEmpty { return }
        try writer(for: name).writeBytes(bytes, to: name)
        try openNext()
    }

    /// Copies tensor `name` from a checkpoint that has it with the same type and shape, bit for bit.
    public func copy(_ name: String, from source: Checkpoint) throws(CheckpointError) {
        guard let info = source[name] else { throw .tensorMissing(file: source.path, tensor: name) }
        let scratch = UnsafeMutableRawBufferPointer.allocate(
            byteCount: max(1, min(info.byteCount, 1 << 22)), alignment: 64)
        defer { scratch.deallocate() }
        for start in stride(from: 0, to: info.byteCount, by: scratch.count) {
            let end = min(start + scratch.count, info.byteCount)
            let part = UnsafeMutableRawBufferPointer(rebasing: scratch.prefix(end - start))
            try source.readBytes(name, start..<end, into: part)
            try writeBytes(UnsafeRawBufferPointer(part), to: name)
        }
    }

    /// Gives all files their names, the index last.
    ///
    /// - Precondition: all tensors are written.
    public func commit() throws(CheckpointError) {
        precondition(
            complete.count == layout.files.count, "tensors are missing, beginning with '\(open?.next?.name ?? "")'")
        var indexFile: AtomicFile?
        if let index = layout.index {
            indexFile = try AtomicFile(directory + indexName)
            try indexFile!.write(CheckpointWriter.indexText(index, layout))
            try indexFile!.close()
        }
        madeDirectory = false
        for file in complete { try file.commit() }
        try indexFile?.commit()
    }

    private func writer(for name: String) -> SafetensorsWriter {
        precondition(open != nil, "all tensors are written; '\(name)' is one more")
        return open!
    }

    /// Finishes the open file if it has all its tensors, and opens the next that has any to wait for.
    private func openNext() throws(CheckpointError) {
        while open?.next == nil {
            if let full = open {
                try full.close()
                complete.append(full)
                open = nil
            }
            guard complete.count < layout.files.count else { return }
            let file = layout.files[complete.count]
            let path = file.name.isEmpty ? self.path : directory + file.name
            open = try SafetensorsWriter(path, tensors: file.tensors, metadata: file.metadata)
        }
    }

    /// The index, indented and sorted as Hugging Face writes it.
    static func indexText(_ index: CheckpointLayout.Index, _ layout: CheckpointLayout) -> String {
        let total = layout.tensors.reduce(0) { $0 + $1.byteCount }
        let metadata = index.metadata ?? "{\n    \"total_size\": \(total)\n  }"
        let map = layout.files.flatMap { file in file.tensors.map { ($0.name, file.name) } }
            .sorted { $0.0.utf8.lexicographicallyPrecedes($1.0.utf8) }
            .map { "    \(jsonQuoted($0.0)): \(jsonQuoted($0.1))" }
        return "{\n  \"metadata\": \(metadata),\n  \"weight_map\": {\n" + map.joined(separator: ",\n") + "\n  }\n}\n"
    }

    /// Where shards go: the directory, the name of the index, and whether the directory was made here.
    static func place(
        _ path: String, _ layout: CheckpointLayout
    ) throws(CheckpointError) -> (directory: String, indexName: String, made: Bool) {
        guard layout.isFolder else { return ("", "", false) }
        let (parent, name) = splitPath(path)
        if layout.index != nil, name.hasSuffix(".json") { return (parent, name, false) }
        let made = mkdir(path, 0o777) == 0
        guard made || errno == EEXIST else {
            throw .cannotWrite(file: path, cause: systemErrorText(), written: 0, wanted: 0)
        }
        return (path.hasSuffix("/") ? path : path + "/", layout.index?.name ?? "", made)
    }
}
