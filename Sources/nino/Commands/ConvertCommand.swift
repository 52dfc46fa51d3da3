import ArgumentParser
import Checkpoints
import JSONText

struct ConvertCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "convert",
        abstract: "Turn a checkpoint (.pt, .bin, .npz, ranks' files, …) into safetensors; nothing it holds is run.",
        usage: "nino convert [<options>] <input> <output>",
        discussion:
            "Plain values such as model_args go to the file's metadata; optimizer state and the like is left out and "
            + "listed."
    )

    @Argument(help: "A checkpoint: a file or a folder, in any of the forms of docs/checkpoints.md.")
    var input: String

    @Argument(help: "The safetensors file to write.")
    var output: String

    @OptionGroup var common: CommonOptions

    private struct Result: Encodable {
        let tensors: Int
        let metadata: [String]
        let dropped: [String]
    }

    func run() throws {
        try common.apply()
        try OutputFiles.check([("OUT", output)], inputs: [input])
        try OutputFiles.requireSafetensors(output, option: "OUT")
        let conversion = try convert(input, to: output)
        if common.json {
            try Output.json(
                Result(tensors: conversion.tensorCount, metadata: conversion.metadataKeys, dropped: conversion.dropped))
            return
        }
        Output.line("\(output): \(conversion.tensorCount) tensors")
        if !conversion.metadataKeys.isEmpty {
            Output.line("metadata: \(conversion.metadataKeys.joined(separator: ", "))")
        }
        if !conversion.dropped.isEmpty {
            let names = conversion.dropped.prefix(20).map { $0.shown() }.joined(separator: ", ")
            let more = conversion.dropped.count > 20 ? " and \(conversion.dropped.count - 20) more" : ""
            Output.line("left out: \(names)\(more)")
        }
    }
}
