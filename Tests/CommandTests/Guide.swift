import Foundation
import TestSupport

/// The commands of a section of a text in Markdown, with what it says they print.
///
/// Blocks marked `sh` are read: a line that begins with `$ ` is a command, those up to the next one are its output. In
/// an output, a line `…` stands for any lines, and `…` within a line for any characters.
struct Guide {
    struct Step {
        let command: String
        let expected: [String]
    }

    let steps: [Step]

    /// - Parameter heading: the section's heading line; it goes up to the next of its level or above.
    init(_ markdown: String, section heading: String) {
        let level = heading.prefix { $0 == "#" }.count
        var steps: [Step] = []
        var (isInside, isBlock) = (false, false)
        for line in markdown.components(separatedBy: "\n") {
            if !isBlock, line.hasPrefix("#"), line.prefix(while: { $0 == "#" }).count <= level {
                isInside = line == heading
            }
            guard isInside else { continue }
            if line.hasPrefix("```") {
                isBlock = !isBlock && line == "```sh"
            } else if isBlock, line.hasPrefix("$ ") {
                steps.append(Step(command: String(line.dropFirst(2)), expected: []))
            } else if isBlock, let last = steps.popLast() {
                steps.append(
                    last.command.hasSuffix("\\") && last.expected.isEmpty
                        ? Step(command: "\(last.command)\n\(line)", expected: [])
                        : Step(command: last.command, expected: last.expected + [line]))
            }
        }
        self.steps = steps
    }

    /// Swift blocks of a text, one behind the other.
    static func swift(of markdown: String) -> String {
        var isBlock = false
        return markdown.components(separatedBy: "\n").filter { line in
            guard line.hasPrefix("```") else { return isBlock }
            isBlock = line == "```swift"
            return false
        }.joined(separator: "\n")
    }

    /// Runs the commands in one shell, in order, and says where they print something else than the text does.
    /// - Parameter folder: where they begin.
    func differences(in folder: String, environment: [String: String]) throws -> [String] {
        let outputs = TemporaryFolder()
        let script = steps.enumerated().map {
            "{ \($1.command)\n} >\(outputs.path)\($0) 2>&1\necho $? >\(outputs.path)\($0).status"
        }.joined(separator: "\n")
        _ = try Shell(script, in: folder, environment: environment)
        return steps.enumerated().compactMap { number, step in
            let found = String(decoding: TemporaryFolder.bytes(of: outputs + "\(number)"), as: UTF8.self)
            return Self.matches(
                found.split(separator: "\n", omittingEmptySubsequences: false).map(String.init), step.expected)
                ? nil : "$ \(step.command)\nexpected:\n\(step.expected.joined(separator: "\n"))\nfound:\n\(found)"
        }
    }

    private static func matches(_ found: [String], _ expected: [String]) -> Bool {
        // An output ends in a line feed, the lines of a text do not show it.
        let found = found.last == "" ? found.dropLast() : found[...]
        let pattern = expected.map { line in
            line == "…"
                ? "(?:.*\n)*?"
                : line.components(separatedBy: "…").map(NSRegularExpression.escapedPattern).joined(separator: ".*")
                    + "\n"
        }.joined()
        let text = found.map { $0 + "\n" }.joined()
        return text.range(of: "^(?:\(pattern))\\z", options: .regularExpression).map {
            $0 == text.startIndex..<text.endIndex
        } == true
    }
}
