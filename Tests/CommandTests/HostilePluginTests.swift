import Foundation
import TestSupport
import Testing

/// A hostile plugin never harms the program, nor the good one beside it, and is told by one line.
@Suite struct HostilePluginTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let product: String
        /// What is said of it behind the name of its file or, when it is the host's own check that found it out, its id.
        let line: String
        var testDescription: String { product }

        init(_ product: String, _ line: String) {
            self.product = product
            self.line = line
        }
    }

    /// How fatalError and a failed precondition end a process.
    #if arch(x86_64)
    static let trap = "SIGILL"
    #else
    static let trap = "SIGTRAP"
    #endif

    /// Found out when the plugin is loaded, so by every command.
    static let whenLoaded = [
        Case("CrashOnLoad", "crashed (SIGSEGV) in a constructor"),
        Case("AbortInEntry", "crashed (SIGABRT) in nino_plugin_entry"),
        Case("QuietExit", "called exit(0) in create_architecture"),
        Case("MemoryFlood", "took more than 300 MiB of memory in create_architecture"),
        Case("ForkChild", "tried to start a process or to reach into another one (SIGSYS) in create_architecture"),
        Case("KillsParent", "tried to start a process or to reach into another one (SIGSYS) in create_architecture"),
        Case("IgnoresSignals", "took longer than 3 s in create_architecture"),
        Case("ClosesDescriptors", "closed the host's channel in nino_plugin_entry"),
        Case("ForgedRecords", "wrote into the host's channel in nino_plugin_entry"),
        Case("NotText", "entry table: version: expected a line of text"),
        Case("TerminalCodes", "entry table: name: expected a line of text"),
    ]

    /// Found out when the plugin makes a model.
    static let whenUsed = [
        Case("NullDereference", "crashed (SIGSEGV) in describe"),
        Case("StackOverflow", "crashed (SIGSEGV) in trace"),
        Case("EndlessLoop", "took longer than 3 s in construct"),
        Case("ExitZero", "called exit(0) in recognize"),
        Case("OutputFlood", "wrote more than 1 MiB of output in describe"),
        Case("SwiftFatalError", "crashed (\(trap)) in describe; its last words: \"TestSwiftFatalError/SwiftFatalError.swift:18: Fatal error: no such layer\""),
        Case("SwiftIndexOutOfRange", "crashed (\(trap)) in construct"),
        Case("SwiftRecursion", "crashed (SIGSEGV) in trace"),
    ]

    private let limits = ["--time-limit", "3", "--memory-limit", "300"]

    /// A folder with the right plugin and a hostile one, and a config for each.
    private func folder(_ product: String) -> TemporaryFolder {
        let folder = TemporaryFolder()
        folder.addPlugins("TestPerceptron", "Test\(product)")
        for type in ["perceptron", "hostile"] {
            folder.write(#"{"model_type": "\#(type)", "width": 5, "image_size": 3, "num_classes": 4}"#, to: "\(type).json")
        }
        return folder
    }

    private func graph(_ type: String, _ folder: TemporaryFolder) throws -> Command {
        try Command(arguments: ["graph", "--config", folder + "\(type).json", "--plugin-path", folder.path] + limits)
    }

    @Test(arguments: whenLoaded) func listingRejectsItAndNothingElse(_ hostile: Case) throws {
        let folder = folder(hostile.product)
        let command = try Command(arguments: ["plugins", "--plugin-path", folder.path] + limits)
        #expect(command.status == 0)
        #expect(command.errors.isEmpty)
        #expect(command.output.contains("test.perceptron 1.0.0  Perceptron in C, ABI 1.0\n"))
        #expect(command.output.hasSuffix("rejected:\n    \(folder + "libTest\(hostile.product).so"): \(hostile.line)\n"))
    }

    @Test(arguments: whenLoaded + whenUsed) func modelOfAnotherPluginIsMadeNevertheless(_ hostile: Case) throws {
        let command = try graph("perceptron", folder(hostile.product))
        #expect(command.status == 0)
        #expect(command.output.hasPrefix("plugin      test.perceptron\n"))
        #expect(command.errors.isEmpty)
    }

    @Test(arguments: whenUsed.filter { $0.product != "ExitZero" }) func commandThatNeedsItExitsWithThree(_ hostile: Case) throws {
        let folder = folder(hostile.product)
        let command = try graph("hostile", folder)
        #expect(command.status == 3)
        #expect(command.errorLines == ["nino: \(folder + "libTest\(hostile.product).so"): \(hostile.line)"])
        #expect(command.output.isEmpty)
    }

    @Test func pluginThatFailsToRecognizeIsNamedWhenNoneIsLeft() throws {
        let folder = folder("ExitZero")
        let command = try graph("hostile", folder)
        #expect(command.status == 2)
        #expect(command.errorLines.first == "nino: rejected plugin: \(folder + "libTestExitZero.so"): called exit(0) in recognize")
    }

    @Test(arguments: [
        Case("NotFinite", "describe: tensor \"weight\": initialization: expected finite numbers, found nan and inf"),
        Case("HugeCount", "describe: tensor \"weight\": axis: expected 1 to 64 factors in a segment, found \(Int64.max)"),
        Case("NullModel", "create_model: expected a model, found NULL"),
    ]) func impossibleAnswerIsRefused(_ hostile: Case) throws {
        let command = try graph("hostile", folder(hostile.product))
        #expect(command.status == 3)
        let id = ["NotFinite": "test.not-finite", "HugeCount": "test.huge-count", "NullModel": "test.null-model"][hostile.product]!
        #expect(command.errorLines == ["nino: plugin \(id): \(hostile.line)"])
    }

    /// The plugin tries all of it when it is loaded, and crashes if anything works.
    @Test func pluginCannotWriteFilesOpenSocketsOrRaiseItsLimits() throws {
        let folder = folder("ReachesOut")
        let command = try Command("plugins", "--json", "--plugin-path", folder.path)
        #expect(command.output.contains(#""id":"test.reaches-out""#))
        #expect(!command.output.contains("rejected"))
        // With trust, it may.
        defer { try? FileManager.default.removeItem(atPath: "/tmp/nino-test-reached-out") }
        let trusting = try Command("plugins", "--json", "--trust", "--plugin-path", folder.path)
        #expect(trusting.status != 0)
    }

    @Test func allOfThemTogetherLeaveTheGoodOnesListed() throws {
        let folder = TemporaryFolder()
        let all = Self.whenLoaded + Self.whenUsed
        folder.addPlugins("TestPerceptron")
        for hostile in all { folder.addPlugins("Test\(hostile.product)") }
        let command = try Command(arguments: ["plugins", "--json", "--plugin-path", folder.path] + limits)
        #expect(command.status == 0)
        let lines = command.output.split(separator: "\n")
        #expect(lines.filter { $0.contains("\"rejected\"") }.count == Self.whenLoaded.count)
        #expect(lines.contains { $0.contains("\"id\":\"test.perceptron\"") })
        #expect(lines.contains { $0.contains("\"id\":\"nino.mlp\"") })
    }

    @Test(arguments: [["--time-limit", "0"], ["--time-limit", "nan"], ["--memory-limit", "0"], ["--memory-limit", "9999999"]])
    func limitsOutOfRangeAreBadUsage(arguments: [String]) throws {
        #expect(try Command(arguments: ["plugins"] + arguments).status == 2)
    }

    @Test func childsArgumentIsNotForPeople() throws {
        let command = try Command("--isolated")
        #expect(command.status == 2)
        #expect(command.errors == "--isolated is how nino starts itself; it is of no use by hand\n")
    }
}
