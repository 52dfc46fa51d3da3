import Foundation
import PluginHost

/// Where a command writes: results to standard output, everything else to standard error.
enum Output {
    /// Lines for people, without other control characters: names in them come from plugins and files.
    static func line(_ text: String = "", tone: Tone = .plain) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map {
            tone.paint($0.onOneLine(), for: .output) + "\n"
        }
        result(Data(lines.joined().utf8))
    }

    /// One JSON object on a line, keys sorted. A number JSON has no form for becomes the text "inf", "-inf" or "nan".
    static func json(_ object: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        try result(encoder.encode(object) + Data("\n".utf8))
    }

    /// A remark that is not a result.
    static func note(_ text: String) {
        remark(Tone.bad.paint("nino:", for: .errors) + " \(text)\n")
    }

    /// Text for standard error as it is. A remark that cannot be written is lost, and nothing else.
    static func remark(_ text: String) {
        try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
    }

    /// A result that cannot be written is a failure of the command: exit status 2.
    private static func result(_ data: Data) {
        do {
            try FileHandle.standardOutput.write(contentsOf: data)
        } catch {
            note("standard output: cannot be written: \(error.localizedDescription)")
            exit(2)
        }
    }
}
