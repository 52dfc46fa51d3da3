import CZip
import Glibc

/// Pieces of pickles, opcode by opcode. Source: CPython `Lib/pickletools.py`.
public enum Pickle {
    public static func string(_ text: String) -> [UInt8] {
        [UInt8(ascii: "X")] + littleEndian([UInt32(text.utf8.count)]) + Array(text.utf8)
    }

    public static func int(_ value: Int) -> [UInt8] {
        if let small = Int32(exactly: value) { return [UInt8(ascii: "J")] + littleEndian([small]) }
        return [0x8A, 8] + littleEndian([Int64(value)])
    }

    public static func float(_ value: Double) -> [UInt8] {
        [UInt8(ascii: "G")] + littleEndian([value.bitPattern.byteSwapped])
    }

    public static func global(_ module: String, _ name: String) -> [UInt8] { Array("c\(module)\n\(name)\n".utf8) }

    public static func tuple(_ items: [[UInt8]]) -> [UInt8] {
        [UInt8(ascii: "(")] + items.flatMap { $0 } + [UInt8(ascii: "t")]
    }

    public static func list(_ items: [[UInt8]]) -> [UInt8] {
        Array("](".utf8) + items.flatMap { $0 } + [UInt8(ascii: "e")]
    }

    public static func dict(_ entries: [([UInt8], [UInt8])]) -> [UInt8] {
        Array("}(".utf8) + entries.flatMap { $0.0 + $0.1 } + [UInt8(ascii: "u")]
    }

    public static func dict(_ entries: [(String, [UInt8])]) -> [UInt8] { dict(entries.map { (string($0.0), $0.1) }) }

    /// A function or class applied to arguments.
    public static func call(_ module: String, _ name: String, _ arguments: [[UInt8]]) -> [UInt8] {
        global(module, name) + tuple(arguments) + [UInt8(ascii: "R")]
    }

    /// An instance with attributes, its constructor not run.
    public static func object(_ module: String, _ name: String, _ attributes: [(String, [UInt8])]) -> [UInt8] {
        global(module, name) + [UInt8(ascii: ")"), 0x81] + dict(attributes) + [UInt8(ascii: "b")]
    }

    public static func orderedDict(_ entries: [(String, [UInt8])]) -> [UInt8] {
        global("collections", "OrderedDict") + Array(")R(".utf8) + entries.flatMap { string($0.0) + $0.1 } + [
            UInt8(ascii: "u")
        ]
    }

    /// A tensor of `scalars` scalars in storage `key`.
    public static func tensor(
        _ key: String, _ shape: [Int], strides: [Int]? = nil, offset: Int = 0, scalars: Int? = nil,
        storage: String = "FloatStorage"
    ) -> [UInt8] {
        let dense = shape.indices.map { axis in shape[(axis + 1)...].reduce(1, *) }
        let identifier = tuple([
            string("storage"), global("torch", storage), string(key), string("cpu"), int(scalars ?? shape.reduce(1, *)),
        ])
        return call(
            "torch._utils", "_rebuild_tensor_v2",
            [
                identifier + [UInt8(ascii: "Q")], int(offset), tuple(shape.map(int)),
                tuple((strides ?? dense).map(int)), [0x89],
                call("collections", "OrderedDict", []),
            ])
    }

    /// A whole pickle.
    public static func file(_ value: [UInt8], version: UInt8 = 2) -> [UInt8] {
        [0x80, version] + value + [UInt8(ascii: ".")]
    }
}

extension TemporaryFolder {
    /// Writes a PyTorch archive around a pickle.
    public func archive(
        _ name: String, pickle: [UInt8], storages: [(String, [UInt8])] = [], root: String = "archive",
        byteOrder: String? = "little",
        extra: [(String, [UInt8])] = [], compressed: Bool = false
    ) -> String {
        var entries = [(root + "/data.pkl", pickle)] + storages.map { (root + "/data/" + $0.0, $0.1) } + extra
        if let byteOrder { entries.append((root + "/byteorder", Array(byteOrder.utf8))) }
        return zip(name, entries: entries, compressed: compressed)
    }

    /// Writes a zip archive.
    public func zip(_ name: String, entries: [(String, [UInt8])], compressed: Bool = false) -> String {
        var code: Int32 = 0
        let archive = zip_open(path + name, ZIP_CREATE | ZIP_TRUNCATE, &code)!
        for (entry, bytes) in entries {
            // libzip frees the copy.
            let copy = malloc(max(1, bytes.count))!
            copy.copyMemory(from: bytes, byteCount: bytes.count)
            let source = zip_source_buffer(archive, copy, UInt64(bytes.count), 1)
            let index = zip_file_add(archive, entry, source, 0)
            precondition(index >= 0)
            zip_set_file_compression(archive, UInt64(index), compressed ? ZIP_CM_DEFLATE : ZIP_CM_STORE, 0)
        }
        precondition(zip_close(archive) == 0)
        return path + name
    }

    /// Names and contents of a zip archive.
    public static func entries(of path: String) -> [(name: String, bytes: [UInt8])] {
        var code: Int32 = 0
        guard let archive = zip_open(path, ZIP_RDONLY, &code) else { return [] }
        defer { zip_discard(archive) }
        return (0..<UInt64(zip_get_num_entries(archive, 0))).map { index in
            var status = zip_stat_t()
            zip_stat_index(archive, index, 0, &status)
            let file = zip_fopen_index(archive, index, 0)!
            defer { zip_fclose(file) }
            var bytes = [UInt8](repeating: 0, count: Int(status.size))
            precondition(zip_fread(file, &bytes, UInt64(bytes.count)) == bytes.count)
            return (String(cString: status.name), bytes)
        }
    }
}
