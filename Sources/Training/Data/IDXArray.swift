/// An array of unsigned bytes from an IDX file, the format of MNIST (LeCun et al., "The MNIST database": two zero
/// bytes, element type, number of axes, each size as a big-endian 32-bit integer, then the elements row by row).
public struct IDXArray: Sendable {
    public let shape: [Int]
    /// Row-major.
    public let bytes: [UInt8]

    /// Larger than any data set in this format: MNIST's is 47 MB.
    private static let largestFile = 1 << 30
    private static let unsignedByte: UInt8 = 0x08

    /// Reads `path`, compressed by gzip or not.
    ///
    /// - Parameter rank: number of axes that the file must have.
    /// - Throws: `cannotRead`, `compressedDataDamaged`, and the errors of `init(parsing:rank:file:)`.
    public init(contentsOf path: String, rank: Int) throws(TrainingError) {
        var bytes = try readFile(path)
        if Gzip.isCompressed(bytes) {
            bytes = try Gzip.decompress(bytes, limit: Self.largestFile, file: path)
        }
        try self.init(parsing: bytes, rank: rank, file: path)
    }

    /// - Parameters:
    ///   - data: a whole file, not compressed.
    ///   - file: name for errors.
    /// - Throws: `notIDX` for a wrong magic number or element type; `wrongRank`; `sizeMismatch` when the elements that
    ///   the sizes announce are not exactly the bytes that follow.
    public init(parsing data: [UInt8], rank: Int, file: String) throws(TrainingError) {
        let magic = Array(data.prefix(4))
        guard magic.count == 4, magic[0] == 0, magic[1] == 0 else {
            throw .notIDX(file: file, expected: "00 00 08 \(hexadecimal([UInt8(rank)]))", found: hexadecimal(magic))
        }
        guard magic[2] == Self.unsignedByte else {
            throw .notIDX(
                file: file, expected: "element type 08 (unsigned byte)", found: "type \(hexadecimal([magic[2]]))")
        }
        guard magic[3] == rank else {
            throw .wrongRank(file: file, expected: rank, found: Int(magic[3]))
        }
        let headerSize = 4 + 4 * rank
        guard data.count >= headerSize else {
            throw .sizeMismatch(file: file, expected: headerSize, found: data.count)
        }
        shape = (0..<rank).map { axis in
            data[(4 + 4 * axis)..<(8 + 4 * axis)].reduce(0) { $0 << 8 | Int($1) }
        }
        var expected = 1
        for size in shape {
            let (product, overflow) = expected.multipliedReportingOverflow(by: size)
            expected = min(overflow ? Int.max : product, Int.max - headerSize)
        }
        guard data.count - headerSize == expected else {
            throw .sizeMismatch(file: file, expected: headerSize + expected, found: data.count)
        }
        bytes = Array(data[headerSize...])
    }
}

private func hexadecimal(_ bytes: [UInt8]) -> String {
    guard !bytes.isEmpty else { return "nothing" }
    return bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }.joined(separator: " ")
}
