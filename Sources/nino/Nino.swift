import ArgumentParser
import Foundation
import JSONText
import PluginHost

/// The command line. Exit status: 0 done and true; 1 the answer is no; 2 bad usage or input, or an input/output
/// failure; 3 a plugin misbehaved; 130 after Ctrl-C.
@main
struct Nino: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "nino",
        abstract:
            "Neuron interaction and nowcasting: see a network as a graph, predict its weights ahead, train it in "
            + "fewer steps.",
        version: HostVersion.text,
        subcommands: [
            ConfigsCommand.self, PluginsCommand.self, PluginCommand.self, VerifyCommand.self, GraphCommand.self,
            ExploreCommand.self, ForwardCommand.self, StepCommand.self, BacktestCommand.self, MergeCommand.self,
            TrainCommand.self, CompareCommand.self,
            ConvertCommand.self,
            BenchCommand.self, CollectCommand.self, MetaTrainCommand.self, ManualCommand.self,
        ])

    static func main() {
        Output.occupyClosedStreams()
        if CommandLine.arguments.dropFirst() == [Isolation.argument] {
            IsolatedChild.main([VerifyTask.self], status: Failure.status)
        }
        let display = PluginLogDisplay(from: ProcessInfo.processInfo.environment["NINO_LOG"]) {
            Output.note("\($0)")
        }
        PluginLog.sink = display.take
        PluginCall.ownsProcess = true
        PluginCall.notice = { Output.note($0.onOneLine()) }
        Output.isMuted = RankOptions.isLaterRank(CommandLine.arguments.dropFirst())
        do {
            try refuseUnknownCommand(CommandLine.arguments.dropFirst().first)
            var command = try parseAsRoot(ArgumentList.joiningNegativeNumbers(CommandLine.arguments.dropFirst()))
            try command.run()
            Job.finish()
        } catch {
            Foundation.exit(Failure.report(error, in: Nino.self))
        }
    }

    /// A first word that is no command: said with the nearest one.
    private static func refuseUnknownCommand(_ word: String?) throws {
        let names = configuration.subcommands.map { $0._commandName } + ["help"]
        guard let word, !word.hasPrefix("-"), !names.contains(word) else { return }
        let question = Suggestion.question(about: word, among: names)
        throw InputError("no command \"\(word)\"\(question.isEmpty ? "; see nino --help" : question)")
    }
}
