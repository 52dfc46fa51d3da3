import Checkpoints
import JSONText
import TestSupport
import Testing

struct SafetensorsTests {
    let folder = TemporaryFolder()
    let eight = [UInt8](repeating: 0, count: 8)

    func entry(_ name: String = "a", _ dtype: String = "F32", _ shape: String = "[2]", _ offsets: String = "[0,8]")
        -> String
    {
        "\"\(name)\":{\"dtype\":\"\(dtype)\",\"shape\":\(shape),\"data_offsets\":\(offsets)}"
    }

    func open(_ bytes: [UInt8]) throws(CheckpointError) -> Checkpoint {
        try Checkpoint(opening: folder.write(bytes, to: "f.safetensors"))
    }

    var file: String { folder + "f.safetensors" }

    @Test func everyTypeReadsAsItsValues() throws {
        let columns: [(String, [UInt8], [Float])] = [
            ("F32", littleEndian([Float(1.5), -2]), [1.5, -2]),
            ("F64", littleEndian([1.5, 1e-3]), [1.5, Float(1e-3)]),
            ("F16", littleEndian([UInt16(0x3E00), 0x0001]), [1.5, 0x1p-24]),
            ("BF16", littleEndian([UInt16(0x3FC0), 0xC000]), [1.5, -2]),
            ("I64", littleEndian([Int64(-7), 16_777_217]), [-7, 16_777_216]),
            ("U64", littleEndian([UInt64(7), .max]), [7, 0x1p64]),
            ("I32", littleEndian([Int32(-7), 9]), [-7, 9]),
            ("U32", littleEndian([UInt32(7), .max]), [7, 0x1p32]),
            ("I16", littleEndian([Int16(-7), 9]), [-7, 9]),
            ("U16", littleEndian([UInt16(7), .max]), [7, 65535]),
            ("I8", littleEndian([Int8(-7), 9]), [-7, 9]),
            ("U8", [7, 255], [7, 255]),
            ("BOOL", [0, 1], [0, 1]),
        ]
        for (dtype, data, expected) in columns {
            let checkpoint = try open(safetensors("{\(entry("a", dtype, "[2,1]", "[0,\(data.count)]"))}", data))
            #expect(checkpoint.tensors == [TensorInfo(name: "a", dtype: DType(rawValue: dtype)!, shape: [2, 1])])
            #expect(try checkpoint.floats("a") == expected, "\(dtype)")
        }
    }

    @Test func integersAreExact() throws {
        let values: [Int64] = [.min, .max, (1 << 53) + 1]
        #expect(
            try open(safetensors("{\(entry("a", "I64", "[3]", "[0,24]"))}", littleEndian(values))).int64s("a") == values
        )
        let large = try open(
            safetensors("{\(entry("a", "U64", "[2]", "[0,16]"))}", littleEndian([UInt64(3), 1 << 63])))
        #expect(throws: CheckpointError.valueOutOfRange(file: file, tensor: "a", index: 1, found: 1 << 63)) {
            try large.int64s("a")
        }
        let real = try open(safetensors("{\(entry())}", eight))
        #expect(throws: CheckpointError.wrongDType(file: file, tensor: "a", expected: "an integer type", found: .f32)) {
            try real.int64s("a")
        }
    }

    @Test func rangesReadWhatTheWholeReads() throws {
        let count = 300_000
        let values = (0..<count).map { UInt16(truncatingIfNeeded: $0 &* 7 & 0x7BFF) }
        let checkpoint = try open(
            safetensors("{\(entry("a", "F16", "[\(count)]", "[0,\(count * 2)]"))}", littleEndian(values)))
        let all = try checkpoint.floats("a")
        #expect(all == values.map { Float(Float16(bitPattern: $0)) })
        for range in [0..<1, 131_071..<131_074, 5..<262_150, count - 1..<count, 9..<9] {
            var part = [Float](repeating: -1, count: range.count)
            try part.withUnsafeMutableBufferPointer { try checkpoint.read("a", range, into: $0) }
            #expect(part == Array(all[range]))
        }
    }

    @Test func scalarsAndEmptyTensorsAreLegal() throws {
        let header =
            "{\(entry("s", "F32", "[]", "[0,4]")),\(entry("e", "F32", "[3,0,9223372036854775807]", "[4,4]")),"
            + "\"__metadata__\":{\"k\":\"\\u00e9\\ud83d\\ude00\"}}   "
        let checkpoint = try open(safetensors(header, littleEndian([Float(4)])))
        #expect(try checkpoint.floats("s") == [4] && checkpoint.floats("e") == [])
        #expect(checkpoint.metadata == ["k": "é😀"])
        #expect(try open(safetensors("{}")).tensors.isEmpty)
    }

    @Test func tensorsAreListedByOffset() throws {
        let header = "{\(entry("late", "F32", "[1]", "[4,8]")),\(entry("early", "F32", "[1]", "[0,4]"))}"
        #expect(try open(safetensors(header, eight)).tensors.map(\.name) == ["early", "late"])
    }

    @Test func brokenFilesNameTheRuleTheyBreak() throws {
        let cases: [([UInt8], CheckpointError)] = [
            ([1, 2, 3], .fileTooShort(file: file, found: 3)),
            (
                safetensors("{}", length: 100_000_001),
                .headerTooLong(file: file, expected: 100_000_000, found: 100_000_001)
            ),
            (safetensors("{}", length: .max), .headerTooLong(file: file, expected: 100_000_000, found: .max)),
            (safetensors("{}", length: 3), .headerBeyondEnd(file: file, expected: 11, found: 10)),
            (littleEndian([UInt64(4)]) + [0x7B, 0x22, 0xFF, 0x7D], .headerNotUTF8(file: file)),
            (safetensors(" {}"), .headerNotObject(file: file, found: "byte 32")),
            (
                safetensors("{} x"),
                .json(json(4, .syntax(expected: "only spaces after the header's object", found: "'x'")))
            ),
            (
                safetensors("{\"__metadata__\":{\"k\":1}}"),
                .json(json(22, .form(key: "__metadata__.k", expected: "a string", found: "a number")))
            ),
            (safetensors("{\(entry()),\(entry())}", eight), .json(json(entry().utf8.count + 3, .duplicateKey("a")))),
            (safetensors("{\(entry("a", "F31"))}", eight), .unknownDType(file: file, tensor: "a", found: "F31")),
            (
                safetensors("{\(entry("a", "F32", "[2]", "[1,9]"))}", eight + [0]),
                .offsetGap(file: file, tensor: "a", expected: 0, found: 1)
            ),
            (
                safetensors("{\(entry()),\(entry("b", "F32", "[2]", "[4,12]"))}", eight + eight),
                .offsetGap(file: file, tensor: "b", expected: 8, found: 4)
            ),
            (
                safetensors("{\(entry()),\(entry("b", "F32", "[2]", "[8,4]"))}", eight + eight),
                .offsetsReversed(file: file, tensor: "b", begin: 8, end: 4)
            ),
            (
                safetensors("{\(entry("a", "F32", "[4611686018427387904,4]"))}", eight),
                .sizeOverflow(file: file, tensor: "a", shape: [4_611_686_018_427_387_904, 4], dtype: .f32)
            ),
            (
                safetensors("{\(entry("a", "F4", "[3]", "[0,1]"))}", [0]),
                .partialByte(file: file, tensor: "a", shape: [3], dtype: .f4)
            ),
            (
                safetensors("{\(entry("a", "F32", "[3]"))}", eight),
                .sizeMismatch(file: file, tensor: "a", expected: 12, found: 8)
            ),
            (
                safetensors("{\(entry())}", eight + eight),
                .lengthMismatch(
                    file: file, expected: 8 + entry().utf8.count + 2 + 8, found: 24 + entry().utf8.count + 2)
            ),
            (
                safetensors("{\(entry())}", [0]),
                .lengthMismatch(file: file, expected: 8 + entry().utf8.count + 2 + 8, found: 9 + entry().utf8.count + 2)
            ),
        ]
        for (bytes, error) in cases {
            #expect(throws: error) { try open(bytes) }
        }
        // The twin: the same entry without a defect.
        #expect(try open(safetensors("{\(entry())}", eight)).tensors.count == 1)
    }

    /// An error in the first line.
    private func json(_ column: Int, _ problem: JSONError.Problem) -> JSONError {
        JSONError(file: file, place: JSONError.Place(line: 1, column: column), problem)
    }

    @Test func wrongFormsNameTheirKey() {
        let count = "a whole number from 0 to 9223372036854775807"
        // Column, key, expected, found; no column where something is missing.
        let cases: [(String, Int?, String, String, String)] = [
            ("{\"a\":[]}", 6, "a", "an object", "a list"),
            ("{\"a\":{\"dtype\":\"F32\",\"shape\":[2]}}", nil, "a.data_offsets", "a value", "nothing"),
            ("{\(entry("a", "F32", "[2]", "[0,8,9]"))}", nil, "a.data_offsets", "two numbers", "3"),
            ("{\(entry("a", "F32", "[-1]"))}", 30, "a.shape", count, "-1"),
            ("{\(entry("a", "F32", "[2.0]"))}", 30, "a.shape", count, "2.0"),
            ("{\(entry("a", "F32", "[9223372036854775808]"))}", 30, "a.shape", count, "9223372036854775808"),
            ("{\(entry("a", "F32", "\"2\""))}", 29, "a.shape", "a list", "a string"),
        ]
        for (header, column, key, expected, found) in cases {
            let error = JSONError(
                file: file, place: column.map { JSONError.Place(line: 1, column: $0) },
                .form(key: key, expected: expected, found: found))
            #expect(throws: CheckpointError.json(error)) {
                try open(safetensors(header, eight))
            }
        }
    }

    @Test(arguments: [
        "{\"a", "{\"a\":{\"x\":tru}}", "{,}", "{\"a\\q\":1}", "{\"\\ud800\":1}", "{\"a\u{1}\":1}", "{\"a\":{\"x\":01}}",
        "{\"a\":{\"x\":[1,]}}",
    ])
    func badSyntaxIsAnError(_ header: String) {
        #expect(throws: CheckpointError.self) { try open(safetensors(header)) }
    }

    @Test func hostileHeadersAreErrorsNotTraps() {
        let nested = safetensors("{\"a\":{\"x\":" + String(repeating: "[", count: 1_000_000))
        #expect(
            throws: CheckpointError.json(
                json(109, .limit(expected: "at most 100 levels of nesting", found: "more")))
        ) {
            try open(nested)
        }
        let axes = String(repeating: "1,", count: 1_000_000) + "1"
        #expect(throws: Never.self) {
            try open(safetensors("{\(entry("a", "F32", "[\(axes)]", "[0,4]"))}", [0, 0, 0, 0]))
        }
    }

    @Test func typesWithoutFloatReadingAreRefusedButTheirBytesAreThere() throws {
        let checkpoint = try open(safetensors("{\(entry("a", "F8_E8M0", "[2]", "[0,2]"))}", [1, 2]))
        #expect(
            throws: CheckpointError.wrongDType(
                file: file, tensor: "a", expected: "a type with float32 values", found: .f8e8m0)
        ) {
            try checkpoint.floats("a")
        }
        var bytes: [UInt8] = [0, 0]
        try bytes.withUnsafeMutableBytes { try checkpoint.readBytes("a", 0..<2, into: $0) }
        #expect(bytes == [1, 2])
        #expect(throws: CheckpointError.tensorMissing(file: file, tensor: "b")) { try checkpoint.floats("b") }
    }

    @Test func fileCutShortAfterOpeningIsAnError() throws {
        let checkpoint = try open(safetensors("{\(entry())}", eight))
        _ = folder.write([], to: "f.safetensors")
        #expect(throws: CheckpointError.self) { try checkpoint.floats("a") }
    }
}
