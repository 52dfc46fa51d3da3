import JSONText

/// The header of a safetensors file, checked against every rule of the format.
///
/// Source: huggingface/safetensors, README "Format" and the checks of its reader, in the reader's order.
struct SafetensorsHeader {
    struct Entry {
        let info: TensorInfo
        /// Offset of the tensor's first byte in the file.
        let offset: Int
    }

    /// As stored: by rising offset.
    let entries: [Entry]
    let metadata: [String: String]

    /// Longest header the reference reader accepts, in bytes.
    static let longest = 100_000_000

    /// - Throws: one case of `CheckpointError` per rule.
    init(of file: InputFile) throws(CheckpointError) {
        guard file.size >= 8 else { throw .fileTooShort(file: file.path, found: file.size) }
        let length = try file.bytes(0..<8).enumerated().reduce(UInt64(0)) {
            $0 | UInt64($1.element) << (8 * UInt64($1.offset))
        }
        guard length <= SafetensorsHeader.longest else {
            throw .headerTooLong(file: file.path, expected: SafetensorsHeader.longest, found: length)
        }
        let dataStart = 8 + Int(length)
        guard dataStart <= file.size else {
            throw .headerBeyondEnd(file: file.path, expected: dataStart, found: file.size)
        }
        let text = try file.bytes(8..<dataStart)
        guard String(validating: text, as: UTF8.self) != nil else { throw .headerNotUTF8(file: file.path) }

        guard text.first == UInt8(ascii: "{") else {
            throw .headerNotObject(file: file.path, found: text.first.map { "byte \($0)" } ?? "an empty header")
        }
        var parser = HeaderParser(file: file.path)
        do throws(JSONError) {
            try parser.parse(text)
        } catch {
            throw .json(error)
        }
        let raw = parser.tensors.sorted { ($0.begin, $0.end) < ($1.begin, $1.end) }
        let end = try SafetensorsHeader.check(raw, file: file.path)
        let (length8, overflow) = dataStart.addingReportingOverflow(end)
        guard !overflow, length8 == file.size else {
            throw .lengthMismatch(file: file.path, expected: overflow ? Int.max : length8, found: file.size)
        }
        entries = raw.map {
            Entry(
                info: TensorInfo(name: $0.name, dtype: DType(rawValue: $0.dtype)!, shape: $0.shape),
                offset: dataStart + $0.begin)
        }
        metadata = parser.metadata
    }

    /// Checks offsets and sizes of tensors in the order of their offsets; returns the end of the last one.
    private static func check(_ tensors: [RawTensor], file: String) throws(CheckpointError) -> Int {
        var previousEnd = 0
        for tensor in tensors {
            guard tensor.begin == previousEnd else {
                throw .offsetGap(file: file, tensor: tensor.name, expected: previousEnd, found: tensor.begin)
            }
            guard tensor.end >= tensor.begin else {
                throw .offsetsReversed(file: file, tensor: tensor.name, begin: tensor.begin, end: tensor.end)
            }
            guard let dtype = DType(rawValue: tensor.dtype) else {
                throw .unknownDType(file: file, tensor: tensor.name, found: tensor.dtype)
            }
            guard let bits = TensorInfo.bitCount(tensor.shape, dtype) else {
                throw .sizeOverflow(file: file, tensor: tensor.name, shape: tensor.shape, dtype: dtype)
            }
            guard bits % 8 == 0 else {
                throw .partialByte(file: file, tensor: tensor.name, shape: tensor.shape, dtype: dtype)
            }
            guard tensor.end - tensor.begin == bits / 8 else {
                throw .sizeMismatch(
                    file: file, tensor: tensor.name, expected: bits / 8, found: tensor.end - tensor.begin)
            }
            previousEnd = tensor.end
        }
        return previousEnd
    }
}

/// One tensor as the header states it, not yet checked against the others.
private struct RawTensor {
    let name: String
    let dtype: String
    let shape: [Int]
    let begin: Int
    let end: Int
}

/// Reads the JSON of a header.
private struct HeaderParser {
    let file: String
    var tensors: [RawTensor] = []
    var metadata: [String: String] = [:]

    mutating func parse(_ text: [UInt8]) throws(JSONError) {
        var cursor = try JSONCursor(text, file: file)
        try cursor.object(key: "header") { (cursor, name) throws(JSONError) in
            if name == "__metadata__" {
                try readMetadata(&cursor)
            } else {
                tensors.append(try tensor(name, &cursor))
            }
        }
        while let byte = cursor.current {
            guard byte == 0x20 else { throw cursor.syntax("only spaces after the header's object") }
            cursor.advance()
        }
    }

    private mutating func readMetadata(_ cursor: inout JSONCursor) throws(JSONError) {
        try cursor.object(key: "__metadata__") { (cursor, key) throws(JSONError) in
            metadata[key] = try cursor.string(key: "__metadata__.\(key)")
        }
    }

    private func tensor(_ name: String, _ cursor: inout JSONCursor) throws(JSONError) -> RawTensor {
        var dtype: String?
        var shape: [Int]?
        var offsets: [Int]?
        try cursor.object(key: name) { (cursor, field) throws(JSONError) in
            switch field {
            case "dtype": dtype = try cursor.string(key: "\(name).dtype")
            case "shape": shape = try counts("\(name).shape", &cursor)
            case "data_offsets": offsets = try counts("\(name).data_offsets", &cursor)
            // The reference reader passes over fields it does not know.
            default: try cursor.skipValue(key: "\(name).\(field)")
            }
        }
        guard let dtype else { throw missing("dtype", of: name) }
        guard let shape else { throw missing("shape", of: name) }
        guard let offsets else { throw missing("data_offsets", of: name) }
        guard offsets.count == 2 else {
            throw form("\(name).data_offsets", expected: "two numbers", found: "\(offsets.count)")
        }
        return RawTensor(name: name, dtype: dtype, shape: shape, begin: offsets[0], end: offsets[1])
    }

    private func counts(_ key: String, _ cursor: inout JSONCursor) throws(JSONError) -> [Int] {
        var values: [Int] = []
        try cursor.list(key: key) { (cursor) throws(JSONError) in values.append(try cursor.count(key: key)) }
        return values
    }

    private func missing(_ field: String, of name: String) -> JSONError {
        form("\(name).\(field)", expected: "a value", found: "nothing")
    }

    private func form(_ key: String, expected: String, found: String) -> JSONError {
        JSONError(file: file, .form(key: key, expected: expected, found: found))
    }
}
