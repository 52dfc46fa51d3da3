import JSONText

/// A `.npz` file: a zip archive of `.npy` arrays. Source: NumPy's format description, `numpy/lib/format.py`.
struct NumpyArchive: TensorStore {
    let tensors: [TensorInfo]
    private let archive: ZipArchive
    private let arrays: [(entry: ZipArchive.Entry, header: NumpyHeader)]

    init(_ archive: ZipArchive) throws(CheckpointError) {
        var arrays: [(entry: ZipArchive.Entry, header: NumpyHeader)] = []
        var tensors: [TensorInfo] = []
        for name in archive.entries.keys.sorted() {
            guard name.hasSuffix(".npy"), let entry = archive.entries[name] else {
                throw .unknownFormat(file: archive.path, found: "a zip archive with '\(name)' in it")
            }
            let header = try NumpyHeader(entry, of: archive)
            arrays.append((entry, header))
            tensors.append(TensorInfo(name: String(name.dropLast(4)), dtype: header.dtype, shape: header.shape))
        }
        (self.archive, self.arrays, self.tensors) = (archive, arrays, tensors)
    }

    func file(of tensor: Int) -> String { archive.path }

    func read(_ tensor: Int, at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(CheckpointError) {
        guard buffer.count > 0 else { return }
        let (entry, header) = arrays[tensor]
        try archive.read(entry, at: header.length + offset, into: buffer)
    }
}

/// What stands before the numbers of a `.npy` array: six bytes, a version, a length, and a Python dictionary as text.
struct NumpyHeader {
    let dtype: DType
    let shape: [Int]
    /// Bytes before the first number.
    let length: Int

    private static let longest = 1 << 16
    private static let types: [String: DType] = [
        "<f4": .f32, "<f8": .f64, "<f2": .f16, "<i8": .i64, "<i4": .i32, "<i2": .i16, "|i1": .i8, "<u8": .u64,
        "<u4": .u32, "<u2": .u16, "|u1": .u8, "|b1": .bool, "<c8": .c64,
    ]

    /// - Throws: `badArchive` naming the entry and what is wrong.
    init(_ entry: ZipArchive.Entry, of archive: ZipArchive) throws(CheckpointError) {
        func bad(_ cause: String) -> CheckpointError {
            .badArchive(file: archive.path, entry: entry.name, cause: cause)
        }
        let start = try archive.start(of: entry, count: min(entry.size, 12))
        guard start.count >= 10, start.starts(with: [0x93] + Array("NUMPY".utf8)), (1...3).contains(start[6]) else {
            throw bad("expected a NumPy array of version 1 to 3, found other bytes")
        }
        let isShort = start[6] == 1
        guard isShort || start.count == 12 else { throw bad("the header ends early") }
        let size = (0..<(isShort ? 2 : 4)).reduce(0) { $0 | Int(start[8 + $1]) << (8 * $1) }
        let first = isShort ? 10 : 12
        guard size <= Self.longest, first + size <= entry.size else { throw bad("a header of \(size) bytes") }
        let text = String(decoding: try archive.start(of: entry, count: first + size)[first...], as: UTF8.self)
        let type = Self.value(of: "descr", in: text) ?? "none"
        guard let dtype = Self.types[Self.unquoted(type)] else {
            throw bad("expected a number type of little-endian numbers, found \(type.shown())")
        }
        guard let sizes = Self.value(of: "shape", in: text).flatMap(Self.sizes) else { throw bad("expected a shape") }
        guard Self.value(of: "fortran_order", in: text) == "False" || sizes.count < 2 else {
            throw bad("expected rows that lie one behind the other, found columns (save numpy.ascontiguousarray of it)")
        }
        guard let bits = TensorInfo.bitCount(sizes, dtype), bits / 8 == entry.size - first - size else {
            throw bad(
                "expected as many bytes as shape \(sizes.prefix(16)) of \(dtype.rawValue) takes, found another number")
        }
        (self.dtype, shape, length) = (dtype, sizes, first + size)
    }

    /// The text of a value of the dictionary.
    private static func value(of key: String, in text: String) -> String? {
        guard let start = text.firstRange(of: "'\(key)':") else { return nil }
        let rest = text[start.upperBound...].drop { $0 == " " }
        if rest.first == "(" { return rest.firstIndex(of: ")").map { String(rest[...$0]) } }
        return String(rest.prefix { $0 != "," && $0 != "}" })
    }

    private static func unquoted(_ text: String) -> String { text.filter { $0 != "'" && $0 != " " } }

    private static func sizes(_ text: String) -> [Int]? {
        guard text.hasPrefix("("), text.hasSuffix(")") else { return nil }
        let parts = text.dropFirst().dropLast().split(separator: ",").map { $0.filter { $0 != " " } }
        let sizes = parts.filter { !$0.isEmpty }.compactMap { Int($0) }
        return sizes.count == parts.filter({ !$0.isEmpty }).count && sizes.allSatisfy { $0 >= 0 } ? sizes : nil
    }
}
