import FoundationEssentials
import NinoPluginSDK

/// Values that are neither stored nor read; those of a table of positions are cut to the size of an input.
struct TracedConstant: Decodable, Sendable {
    let name: String
    let shape: [SizeExpression]
    /// The full shape, of which `shape` is the leading part; nil if that is all.
    private let stored: [Int]?
    private var values: [Float]?
    /// float32, little-endian, in base64.
    private let data: String?

    /// True for one whose values lie in the file beside the program.
    var isElsewhere: Bool { values == nil && data == nil }

    /// Takes the values from that file.
    /// - Throws: `PluginError.invalid` for another shape than the program says.
    mutating func fill(_ found: (values: [Float], shape: [Int]), from file: String) throws {
        let full = try fullShape()
        guard found.shape == full else { throw wrong("expected \(full) in \(file), found \(found.shape)") }
        values = found.values
    }

    /// - Throws: `PluginError.invalid` if the values do not fill the shape.
    func check() throws {
        let full = try fullShape()
        guard full.count == shape.count, full.allSatisfy({ $0 >= 1 }), full.count <= Int(NINO_MAX_RANK) else {
            throw wrong("stored: expected \(shape.count) sizes of at least 1, found \(full)")
        }
        guard (values == nil) != (data == nil) else {
            throw wrong("expected either values or data, or \"constants_file\"")
        }
        let found = values?.count ?? (data.flatMap { Data(base64Encoded: $0) }?.count ?? 0) / 4
        guard Self.count(full) == found else { throw wrong("expected as many values as \(full) has, found \(found)") }
    }

    /// Nil where it does not fit in 64 bits.
    private static func count(_ shape: [Int]) -> Int? {
        shape.reduce(Optional(1)) { count, size in
            guard let (product, overflow) = count?.multipliedReportingOverflow(by: size), !overflow else { return nil }
            return product
        }
    }

    /// The values for these sizes, and their shape.
    func cut(_ sizes: [String: Int]) throws -> (values: [Float], shape: [Int]) {
        let full = try fullShape()
        let wanted = try shape.map { try $0.value(sizes) }
        let all = floats
        guard wanted != full else { return (all, full) }
        for (size, limit) in zip(wanted, full) where size < 1 || size > limit {
            throw wrong("expected at most \(limit) positions, found \(size); export with a longer example")
        }
        var kept = [0]
        var stride = all.count
        for (size, whole) in zip(wanted, full) {
            stride /= whole
            let step = stride
            kept = kept.flatMap { start in (0..<size).map { start + $0 * step } }
        }
        return (kept.map { all[$0] }, wanted)
    }

    private var floats: [Float] {
        if let values { return values }
        guard let bytes = data.flatMap({ Data(base64Encoded: $0) }) else { return [] }
        return bytes.withUnsafeBytes { raw in
            (0..<bytes.count / 4).map {
                Float(bitPattern: UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self)))
            }
        }
    }

    private func fullShape() throws -> [Int] { try stored ?? shape.map { try $0.value([:]) } }

    private func wrong(_ sentence: String) -> PluginError { .invalid("constant \"\(name)\": \(sentence)") }
}
