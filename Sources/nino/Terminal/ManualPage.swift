import Foundation
import PluginHost

/// A manual page in the macros of man(7).
struct ManualPage {
    /// What the argument parser tells of a command.
    private struct Command: Decodable {
        let commandName: String
        let abstract: String?
        let discussion: String?
        let shouldDisplay: Bool?
        let arguments: [Argument]?
        let subcommands: [Command]?
    }

    private struct Argument: Decodable {
        struct Name: Decodable {
            let kind: String
            let name: String
        }

        let kind: String
        let names: [Name]?
        let valueName: String?
        let abstract: String?
        let discussion: String?
        let defaultValue: String?
        let shouldDisplay: Bool?
    }

    private struct Tool: Decodable {
        let command: Command
    }

    private let command: Command

    /// - Parameter help: JSON of `--experimental-dump-help`.
    init(help: String) throws {
        command = try JSONDecoder().decode(Tool.self, from: Data(help.utf8)).command
    }

    var text: String {
        let shown = (command.subcommands ?? []).filter { $0.shouldDisplay != false && $0.commandName != "help" }
        let common = common(of: shown)
        let tags = Set(common.map(tag))
        let sections = [
            [
                ".TH NINO 1 \"\" \"nino \(HostVersion.text)\"", ".SH NAME",
                "nino \\- \(escaped(command.abstract ?? ""))",
            ],
            [".SH SYNOPSIS", ".B nino", ".I command", "[options]"],
            [".SH COMMANDS"], shown.flatMap { lines(of: $0, name: $0.commandName, without: tags) },
            [".SH COMMON OPTIONS"], common.flatMap(lines),
            [
                ".SH EXIT STATUS",
                "0: done and true. 1: the answer is no. 2: bad usage or input, or an input/output failure.",
                "3: a plugin misbehaved. 130: after Ctrl\\-C.",
            ],
            [".SH ENVIRONMENT"] + entry("NINO_PLUGIN_PATH", "Folders with plugins, separated by colons.")
                + entry("NINO_DATA", "Folder of data sets.") + entry("NO_COLOR", "No colours, if it is not empty.")
                + entry("COLUMNS", "Width of tables and of the status line, instead of the window's."),
        ]
        return sections.joined().joined(separator: "\n")
    }

    /// Options that every command has, but for those that only hold others.
    private func common(of commands: [Command]) -> [Argument] {
        let lists = commands.filter { ($0.subcommands ?? []).isEmpty }.map { $0.arguments ?? [] }
        return (lists.first ?? []).filter { argument in
            lists.allSatisfy { list in list.contains { tag($0) == tag(argument) } } && !isHelp(argument)
        }
    }

    private func isHelp(_ argument: Argument) -> Bool {
        (argument.names ?? []).contains { ["help", "version"].contains($0.name) }
    }

    private func lines(of command: Command, name: String, without common: Set<String>) -> [String] {
        let own = (command.arguments ?? []).filter {
            $0.shouldDisplay != false && !common.contains(tag($0)) && !isHelp($0)
        }
        let inner = (command.subcommands ?? []).filter { $0.commandName != "help" && $0.shouldDisplay != false }
        let head = [".SS nino \(escaped(name))", escaped(command.abstract ?? "")]
        let discussion = command.discussion.map { [".PP", escaped($0)] } ?? []
        return head + discussion + own.flatMap(lines)
            + inner.flatMap { lines(of: $0, name: "\(name) \($0.commandName)", without: common) }
    }

    private func lines(of argument: Argument) -> [String] {
        let fallback = argument.defaultValue.map { " (default: \($0))" } ?? ""
        return entry(tag(argument), (argument.abstract ?? argument.discussion ?? "") + fallback)
    }

    private func tag(_ argument: Argument) -> String {
        let names = (argument.names ?? []).map { ($0.kind == "long" ? "--" : "-") + $0.name }.joined(separator: ", ")
        let value = argument.valueName.map { "<\($0)>" } ?? ""
        switch argument.kind {
        case "flag": return names
        case "positional": return value
        default: return "\(names) \(value)"
        }
    }

    private func entry(_ tag: String, _ text: String) -> [String] {
        [".TP", ".B \(escaped(tag))", escaped(text)]
    }

    /// Letters that mean something to roff as they are.
    private func escaped(_ text: String) -> String {
        let plain = text.replacing("\\", with: "\\e").replacing("-", with: "\\-").replacing("\n", with: " ")
        return plain.hasPrefix(".") || plain.hasPrefix("'") ? "\\&" + plain : plain
    }
}
