import Derivation
import ArgumentParser
import Checkpoints
import Foundation
import JSONText
import NeuralGraphs
import Nowcasting
import PluginHost
import Tensors
import Training
import Verification

/// What the user gave cannot be used: one line, exit status 2.
struct InputError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// How a command ends when it does not end well.
enum Failure {
    /// The answer is no.
    static let answerIsNo = ExitCode(1)
    /// After Ctrl-C.
    static let interrupted = ExitCode(130)

    /// Prints what went wrong, one line on standard error, and returns the exit status.
    static func report(_ error: any Error, in command: any ParsableCommand.Type) -> Int32 {
        if let code = error as? ExitCode { return code.rawValue }
        if isOurs(error) {
            Job.fail(line(error), status: status(of: error))
            Output.note(line(error))
            return status(of: error)
        }
        guard command.exitCode(for: error) != .success else {
            // Help and version come this way too.
            Output.line(command.fullMessage(for: error))
            return 0
        }
        Output.note(usage(error, in: command))
        return 2
    }

    /// What is wrong with the command line, and where help is.
    private static func usage(_ error: any Error, in command: any ParsableCommand.Type) -> String {
        let words = Array(CommandLine.arguments.dropFirst())
        let dump = Nino._dumpHelp()
        let message = CommandLineWords.unknownOption(words, help: dump) ?? command.message(for: error)
        let full = command.fullMessage(for: error)
        let help = full.firstMatch(of: /See '([^']*)' for more information/).map { " (see \($0.1))" } ?? ""
        // Messages of the parser begin with a capital and end with a stop; ours do not.
        var text = message.hasSuffix(".") ? String(message.dropLast()) : message
        if let first = text.first, text.dropFirst().first?.isLowercase == true {
            text = first.lowercased() + text.dropFirst()
        }
        text = CommandLineWords.listed(text)
        let hint =
            CommandLineWords.purpose(ofOptionIn: text, words, help: dump).map { ": \($0)" }
            ?? CommandLineWords.configWithoutOption(message, words, help: dump) ?? ""
        return (text + hint + help).onOneLine()
    }

    private static func isOurs(_ error: any Error) -> Bool {
        error is JSONError || error is PluginHostError || error is InputError || error is CheckpointError
            || error is NeuralGraphError
            || error is NowcastError || error is GraphFileError || error is TensorError
            || error is TrainingError || error is VerificationError || error is DerivationError
    }

    /// 3 if a plugin is at fault, else 2.
    static func status(of error: any Error) -> Int32 {
        (error as? PluginHostError)?.isPluginFault == true ? 3 : 2
    }

    /// Characters; what is longer than a few lines of a terminal is not read.
    private static let longestLine = 2000

    /// The error as one line.
    private static func line(_ error: any Error) -> String { "\(error)".shown(limit: longestLine) }
}
