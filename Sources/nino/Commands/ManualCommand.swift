import ArgumentParser
import Foundation
import PluginHost

/// The manual page, made from what `--help` says; `make install` calls it.
struct ManualCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "manual", abstract: "Print the manual page nino(1).", shouldDisplay: false)

    func run() throws {
        Output.line(try ManualPage(help: Nino._dumpHelp()).text)
    }
}
