import ArgumentParser
import Foundation
import JSONText

/// What the messages of the parser leave out: an option that the command does not have (it tells that last, after what
/// is missing), and what an option is for whose value cannot be read.
enum CommandLineWords {
    private struct Command: Decodable {
        let commandName: String
        let arguments: [Argument]?
        let subcommands: [Command]?
    }

    private struct Argument: Decodable {
        struct Name: Decodable {
            let kind: String
            let name: String
        }

        let names: [Name]?
        let abstract: String?
        let allValues: [String]?

        var longNames: [String] { (names ?? []).filter { $0.kind == "long" }.map(\.name) }
    }

    private struct Tool: Decodable {
        let command: Command
    }

    /// The command that the words name, and the words behind its name.
    private static func command(of words: [String], help: String) -> (command: Command, rest: ArraySlice<String>)? {
        guard var command = try? JSONDecoder().decode(Tool.self, from: Data(help.utf8)).command else { return nil }
        var rest = words[...]
        while let word = rest.first, let next = command.subcommands?.first(where: { $0.commandName == word }) {
            command = next
            rest = rest.dropFirst()
        }
        return (command, rest)
    }

    /// The long options among words, without dashes and values.
    static func options(_ words: ArraySlice<String>) -> [String] {
        words.prefix { $0 != "--" }.filter { $0.hasPrefix("--") }.map {
            String($0.dropFirst(2).prefix { $0 != "=" })
        }
    }

    /// A message of the parser that lists values, the list in our words.
    static func listed(_ message: String) -> String {
        guard let list = message.firstMatch(of: /\. Please provide one of (.*)$/) else { return message }
        let values = list.1.matches(of: /'([^']*)'/).map { String($0.1) }
        return "\(message[..<list.range.lowerBound]): expected \(values.spoken)"
    }

    /// The first option that is none, with the nearest that is one; nil if all are known.
    static func unknownOption(_ words: [String], help: String) -> String? {
        guard let (command, rest) = command(of: words, help: help) else { return nil }
        let names = (command.arguments ?? []).flatMap(\.longNames)
        // The parser has some of its own, such as --generate-completion-script.
        guard let unknown = options(rest).first(where: { !names.contains($0) }),
            let nearest = Suggestion.nearest(to: unknown, among: names)
        else { return nil }
        return "unknown option '--\(unknown)'; did you mean '--\(nearest)'?"
    }

    /// A config that was given without its option, if a message of the parser says that the option is missing.
    static func configWithoutOption(_ message: String, _ words: [String], help: String) -> String? {
        guard message.hasPrefix("Missing expected argument '--config "),
            let word = command(of: words, help: help)?.rest.first, !word.hasPrefix("-")
        else { return nil }
        return "; did you mean --config \(word)?"
    }

    /// What an option is for, if a message of the parser says that its value cannot be read, and no more.
    static func purpose(ofOptionIn message: String, _ words: [String], help: String) -> String? {
        guard let name = message.firstMatch(of: /is invalid for '--([a-z-]+) <[^>]*>'$/)?.1,
            let argument = command(of: words, help: help)?.command.arguments?.first(where: {
                $0.longNames.contains(String(name))
            })
        else { return nil }
        if let values = argument.allValues, !values.isEmpty {
            return "expected one of \(values.joined(separator: ", "))"
        }
        let sentence = (argument.abstract ?? "").prefix { $0 != "." }
        guard let first = sentence.first else { return nil }
        return (sentence.dropFirst().first?.isLowercase == true ? first.lowercased() : String(first))
            + sentence.dropFirst()
    }
}
