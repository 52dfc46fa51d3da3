import ArgumentParser
import Checkpoints
import PluginHost

struct ExploreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explore",
        abstract: "Make a page on which to swap neurons of a model and see what becomes of its output.",
        usage: "nino explore [<options>] --config <config> --html <file>",
        discussion: """
            The page holds a network with its weights and computes its output itself; it loads nothing. A model \
            of more than \(ExploredNetwork.largest) parameters is shown as a smaller one of the same structure, as in \
            verify.
            """)

    @Option(help: "A config: a path, or a name that nino configs lists.")
    var config: String

    @Option(help: ArgumentHelp("Where the page goes.", valueName: "file"))
    var html: String

    @Option(
        help: ArgumentHelp(
            "The model's weights: safetensors, sharded or .pt. Default: drawn from --seed.", valueName: "file"))
    var weights: String?

    @Option(
        help: ArgumentHelp(
            "Write config, weights and inputs of the page into this folder too, for nino forward.", valueName: "dir"))
    var files: String?

    @OptionGroup var common: CommonOptions

    private struct Result: Encodable {
        let html: String
        let parameters: Int
        let bytes: Int
    }

    func run() throws {
        try common.apply()
        try OutputFiles.check([("--html", html)], inputs: [config, weights])
        try OutputFiles.requireFolder(of: html, option: "--html")
        try OutputFiles.requireText(html, option: "--html", suffixes: OutputFiles.pages)
        let asked = try common.model(config)
        let network = try ExploredNetwork(asked, weights: weights, seed: common.seed)
        let page = try ExplorerPage(network: network, asked: asked).html()
        if let files { try network.write(to: files) }
        try AtomicFile.write(page, to: html)
        let result = Result(html: html, parameters: network.model.parameters.count, bytes: page.utf8.count)
        if common.json { return try Output.json(result) }
        Output.line("\(html): \(result.parameters) parameters, \(result.bytes / 1000) kB; open it in a browser")
    }
}
