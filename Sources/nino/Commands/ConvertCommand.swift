import ArgumentParser
import Checkpoints

struct ConvertCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "convert",
        abstract: "Turn a PyTorch .pt file into safetensors, without running anything it holds.",
        discussion:
            "Plain values such as model_args go to the file's metadata; optimizer state and the like is left out and "
            + "listed."
    )

    @Argument(help: "A .pt file, or any other checkpoint.")
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
        if !conversion.dropped.isEmpty { Output.line("left out: \(conversion.dropped.joined(separator: ", "))") }
    }
}
