import ArgumentParser

struct PluginCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plugin", abstract: "Write plugins.", subcommands: [NewPluginCommand.self])
}

struct NewPluginCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new",
        abstract: "Write a plugin package to start from: it builds, loads and verifies as it is.",
        usage: "nino plugin new [<options>] <name>",
        discussion:
            "The package holds a residual perceptron with its tensors, symmetries, neural graph and forward pass, and "
            + "says what to change."
    )

    enum Language: String, ExpressibleByArgument, CaseIterable {
        case swift, c
    }

    @Argument(
        help:
            """
            Name of the architecture: a letter, then letters, digits and underscores. In small letters it is the \
            model type of its configs.
            """
    )
    var name: String

    @Option(help: "What it is written in: \(Language.allCases.map(\.rawValue).joined(separator: " or ")).")
    var language = Language.swift

    @Option(help: "Reverse-domain id of the plugin (default: org.example. and the model type).")
    var id: String?

    @Option(help: ArgumentHelp("The folder to make (default: the name, in the current folder).", valueName: "dir"))
    var out: String?

    @OptionGroup var common: CommonOptions

    private struct Written: Encodable {
        let id: String
        let modelType: String
        let folder: String
        let language: String
    }

    func validate() throws {
        guard name.wholeMatch(of: /[A-Za-z][A-Za-z0-9_]{0,63}/) != nil else {
            throw ValidationError(
                "NAME: expected a letter, then letters, digits and underscores, at most 64 in all, found \"\(name)\"")
        }
        guard !Self.reserved.contains(name.lowercased()) else {
            throw ValidationError("NAME: \"\(name)\" is a word of the language or of the SDK; expected another")
        }
        guard id.map({ $0.count <= 128 && $0.wholeMatch(of: /[A-Za-z0-9-]+(\.[A-Za-z0-9_-]+)+/) != nil }) != false
        else {
            throw ValidationError(
                "--id: expected a reverse-domain name such as org.example.mynet, at most 128 letters, found \"\(id!)\"")
        }
    }

    func run() throws {
        let modelType = name.lowercased()
        if let other = try common.survey().plugins.first(where: { $0.modelTypes.contains(modelType) }) {
            throw InputError(
                "NAME: expected a model type that no plugin has yet, found \"\(modelType)\" of \(other.id) in "
                    + "\(other.file)"
            )
        }
        let files = try AuthorFiles()
        let (id, folder) = (id ?? "org.example.\(modelType)", out ?? name)
        try PluginTemplate(folder: files.templates.appendingPathComponent(language.rawValue)).write(
            [
                // Names before paths would change a path that holds them.
                ("org.example.mynet", id), ("MyNet", name), ("mynet", modelType),
                ("@SDK@", files.sdk.path), ("@INCLUDE@", files.include.path), ("@PLUGINS@", files.plugins.path),
            ], to: folder)
        if common.json {
            try Output.json(Written(id: id, modelType: modelType, folder: folder, language: language.rawValue))
        } else {
            Output.line("\(folder): plugin \(id) in \(language == .c ? "C" : "Swift"), model type \(modelType)")
            Output.line(
                "next: cd \(folder) && \(language == .c ? "make" : "swift build -c release"), then see its README.md")
        }
    }

    /// Names that would not compile: types and modules that the package uses, and Swift's keywords that could be a
    /// type's name.
    private static let reserved: Set<String> = [
        "activation", "any", "architecture", "architecturedescriptor", "as", "associatedtype", "attribute", "axis",
        "block", "break", "case", "catch",
        "class", "cninoplugin", "configurationreader",
        "continue", "default", "defer", "deinit", "do", "else", "enum", "extension", "fallthrough", "false",
        "fileprivate", "for", "forwardbuilder",
        "forwardpass", "func", "graphbuilder", "group", "guard", "if", "import", "in", "init", "initialization",
        "inout", "int", "internal", "is", "layernorm", "let", "linear", "modelbuilder", "modules", "network", "neurons",
        "neuralgraphconstructor", "nil", "ninopluginsdk", "nodes", "operator", "path", "plugin", "pluginerror",
        "precedencegroup", "private", "protocol", "public", "repeat",
        "rethrows", "return", "self", "static", "string", "struct", "subscript", "super", "swift", "switch", "throw",
        "throws", "true", "try", "typealias",
        "uint32", "unsafepointer", "value", "var", "where", "while",
    ]
}
