import Foundation

/// Where the numbers of a page come from: what was run, when, on what.
public struct Provenance: Sendable {
    public let date: String
    public let version: String
    /// The command line as someone could type it again.
    public let command: String
    public let machine: String

    public init(date: String, version: String, command: String, machine: String) {
        (self.date, self.version, self.command, self.machine) = (date, version, command, machine)
    }

    /// Of this process.
    public init(version: String) {
        let arguments = ProcessInfo.processInfo.arguments.dropFirst().map(Self.quoted)
        self.init(
            date: Date.now.formatted(.iso8601), version: version,
            command: (["nino"] + arguments).joined(separator: " "),
            machine: Self.machine)
    }

    /// Name and value, for a list of settings.
    public var rows: [(name: String, value: String)] {
        [("date", date), ("nino", version), ("command", command), ("machine", machine)]
    }

    private static func quoted(_ argument: String) -> String {
        let isPlain =
            !argument.isEmpty && argument.allSatisfy { $0.isLetter || $0.isNumber || "-_./,:=+@%".contains($0) }
        return isPlain ? argument : "'\(argument.replacing("'", with: "'\\''"))'"
    }

    /// Processor, threads and system; no name that tells whose machine it is.
    private static var machine: String {
        let processor = value(of: "model name", in: "/proc/cpuinfo", separator: ":")
        let system = value(of: "PRETTY_NAME", in: "/etc/os-release", separator: "=")
        let threads = "\(ProcessInfo.processInfo.activeProcessorCount) threads"
        return [processor, threads, system].compactMap { $0 }.joined(separator: ", ")
    }

    private static func value(of key: String, in file: String, separator: Character) -> String? {
        guard let text = try? String(contentsOfFile: file, encoding: .utf8),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix(key) }),
            let start = line.firstIndex(of: separator)
        else { return nil }
        return line[line.index(after: start)...].trimmingCharacters(in: CharacterSet(charactersIn: " \t\""))
    }
}
