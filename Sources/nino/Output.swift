import Foundation

/// Where a command writes: results to standard output, everything else to standard error.
enum Output {
    /// A line for people.
    static func line(_ text: String = "") {
        FileHandle.standardOutput.write(Data((text + "\n").utf8))
    }

    /// A remark that is not a result.
    static func note(_ text: String) {
        FileHandle.standardError.write(Data("nino: \(text)\n".utf8))
    }

    /// One JSON object on a line, keys sorted.
    static func json(_ object: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        try FileHandle.standardOutput.write(encoder.encode(object) + Data("\n".utf8))
    }
}
