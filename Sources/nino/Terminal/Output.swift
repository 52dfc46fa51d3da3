import Foundation
import PluginHost

/// Where a command writes: results to standard output, everything else to standard error.
enum Output {
    /// After `--quiet` a command ends by what it did: nobody may be there to read what it says.
    nonisolated(unsafe) static var isQuiet = false
    /// On all ranks of a job but the first: what they have to say, that one says.
    nonisolated(unsafe) static var isMuted = false

    /// Takes the places of standard streams that are closed, so that no file is opened in one and written over. Reading
    /// and writing them goes on to fail.
    static func occupyClosedStreams() {
        for (descriptor, mode) in [(STDIN_FILENO, O_WRONLY), (STDOUT_FILENO, O_RDONLY), (STDERR_FILENO, O_RDONLY)]
        where fcntl(descriptor, F_GETFD) < 0 {
            // The lowest free number is this one.
            _ = open("/dev/null", mode)
        }
    }

    /// Lines for people, without other control characters: names in them come from plugins and files.
    static func line(_ text: String = "", tone: Tone = .plain) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map {
            tone.paint($0.onOneLine(), for: .output) + "\n"
        }
        result(Data(lines.joined().utf8))
    }

    /// One JSON object on a line, keys sorted and in snake case. A number that JSON has no form for becomes the text
    /// "inf", "-inf" or "nan".
    static func json(_ object: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
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
        guard !isMuted else { return }
        try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
    }

    /// A result that cannot be written is a failure of the command: exit status 2.
    private static func result(_ data: Data) {
        guard !isMuted else { return }
        let isWritten = data.withUnsafeBytes { bytes in
            var done = 0
            while done < bytes.count {
                let count = write(STDOUT_FILENO, bytes.baseAddress! + done, bytes.count - done)
                if count >= 0 { done += count } else if errno != EINTR { return false }
            }
            return true
        }
        guard !isWritten, !isQuiet else { return }
        note("standard output: cannot be written: \(String(cString: strerror(errno)))")
        exit(2)
    }
}
