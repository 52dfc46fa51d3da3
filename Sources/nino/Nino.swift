import ArgumentParser
import Foundation
import PluginHost

/// The command line. Exit status: 0 done and true; 1 the answer is no; 2 bad usage or input, or an input/output
/// failure;
/// 3 a plugin misbehaved; 130 after Ctrl-C.
@main
struct Nino: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "nino",
        abstract:
            "Neuron interaction and nowcasting: see a network as a graph, predict its weights ahead, train it in "
            + "fewer steps.",
        version: HostVersion.text,
        subcommands: [
            PluginsCommand.self, PluginCommand.self, VerifyCommand.self, GraphCommand.self, ForwardCommand.self,
            StepCommand.self, TrainCommand.self,
            CompareCommand.self, ConvertCommand.self, BenchCommand.self, CollectCommand.self, MetaTrainCommand.self,
        ])

    static func main() {
        Output.occupyClosedStreams()
        if CommandLine.arguments.dropFirst() == [Isolation.argument] {
            IsolatedChild.main([VerifyTask.self], status: Failure.status)
        }
        do {
            var command = try parseAsRoot(ArgumentList.joiningNegativeNumbers(CommandLine.arguments.dropFirst()))
            try command.run()
        } catch {
            Foundation.exit(Failure.report(error, in: Nino.self))
        }
    }
}
