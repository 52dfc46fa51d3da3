import ArgumentParser
import Foundation

/// Options on a command line that its command does not have. The parser tells of them last, after what is missing.
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
    }

    private struct Tool: Decodable {
        let command: Command
    }

    /// The first option that is none, with the nearest that is one; nil if all are known.
    static func unknownOption(_ words: [String], help: String) -> String? {
        guard var command = try? JSONDecoder().decode(Tool.self, from: Data(help.utf8)).command else { return nil }
        var rest = words[...]
        while let word = rest.first, let next = command.subcommands?.first(where: { $0.commandName == word }) {
            command = next
            rest = rest.dropFirst()
        }
        let names = (command.arguments ?? []).flatMap { $0.names ?? [] }.filter { $0.kind == "long" }.map(\.name)
        let given = rest.prefix { $0 != "--" }.filter { $0.hasPrefix("--") }.map {
            $0.dropFirst(2).prefix { $0 != "=" }
        }
        // The parser has some of its own, such as --generate-completion-script.
        guard let unknown = given.first(where: { !names.contains(String($0)) }),
            let nearest = Suggestion.nearest(to: String(unknown), among: names)
        else { return nil }
        return "unknown option '--\(unknown)'; did you mean '--\(nearest)'?"
    }
}
