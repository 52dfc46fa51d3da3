import Foundation
import TestSupport
import Testing

/// A hostile plugin never harms the program, nor the good one beside it, and is told by one line.
@Suite(.slow) struct HostilePluginTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let product: String
        /// What is said of it behind the name of its file or, when it is the host's own check that found it out, its
        /// id.
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
        Case("IgnoresSignals", "took longer than 5 s in create_architecture"),
        Case("ClosesDescriptors", "closed the host's channel in nino_plugin_entry"),
        Case("ForgedRecords", "wrote into the host's channel in nino_plugin_entry"),
        Case("NotText", "entry table: version: expected a line of text"),
        Case("TerminalCodes", "entry table: name: expected a line of text"),
    ]

    /// Found out when the plugin makes a model.
    static let whenUsed = [
        Case("NullDereference", "crashed (SIGSEGV) in describe"),
        Case("StackOverflow", "crashed (SIGSEGV) in trace"),
        Case("EndlessLoop", "took longer than 5 s in construct"),
        Case("ExitZero", "called exit(0) in recognize"),
        Case("OutputFlood", "wrote more than 1 MiB of output in describe"),
        Case(
            "SwiftFatalError",
            "crashed (\(trap)) in describe; its last words: \"TestSwiftFatalError/SwiftFatalError.swift:6: Fatal "
                + "error: no such layer\""
        ),
        Case("SwiftIndexOutOfRange", "crashed (\(trap)) in construct"),
        Case("SwiftRecursion", "crashed (SIGSEGV) in trace"),
    ]

    private let limits = ["--time-limit", "5", "--memory-limit", "300"]

    /// A folder with the right plugin and a hostile one, and a config for each.
    private func folder(_ product: String) -> TemporaryFolder {
        let folder = TemporaryFolder()
        folder.addPlugins("TestPerceptron", "Test\(product)")
        for type in ["perceptron", "hostile"] {
            folder.write(
                #"{"model_type": "\#(type)", "width": 5, "image_size": 3, "num_classes": 4}"#, to: "\(type).json")
        }
        return folder
    }

    private func graph(_ type: String, _ folder: TemporaryFolder) throws -> Command {
        try Command(arguments: ["graph", "--config", folder + "\(type).json", "--plugin-path", folder.path] + limits)
    }

    @Test(arguments: whenLoaded + whenUsed) func listingRejectsItAndNothingElse(_ hostile: Case) throws {
        let folder = folder(hostile.product)
        let command = try Command(arguments: ["plugins", "--plugin-path", folder.path] + limits)
        #expect(command.status == 0)
        #expect(command.errors.isEmpty)
        #expect(command.output.contains("test.perceptron 1.0.0  Perceptron in C, ABI 1.0\n"))
        #expect(
            command.output.hasSuffix("rejected:\n    \(folder + "libTest\(hostile.product).so"): \(hostile.line)\n"))
    }

    @Test(arguments: whenLoaded + whenUsed) func modelOfAnotherPluginIsMadeNevertheless(_ hostile: Case) throws {
        let command = try graph("perceptron", folder(hostile.product))
        #expect(command.status == 0)
        #expect(command.output.hasPrefix("plugin      test.perceptron\n"))
        // One that had to be waited for is named, and nothing else is said.
        let waited = "nino: waited for a plugin: "
        #expect(command.errorLines.allSatisfy { $0.hasPrefix(waited) && $0.contains(hostile.product) })
        #expect(command.errorLines.count <= 1)
    }

    @Test(arguments: whenUsed.filter { $0.product != "ExitZero" }) func commandThatNeedsItExitsWithThree(
        _ hostile: Case
    ) throws {
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
        #expect(
            command.errorLines.first
                == "nino: rejected plugin: \(folder + "libTestExitZero.so"): called exit(0) in recognize")
    }

    /// Found out by the host's own checks, which tell the plugin by its id.
    static let impossible = [
        Case(
            "NotFinite",
            "plugin test.not-finite: describe: tensor \"weight\": initialization: expected finite numbers, found nan "
                + "and inf"
        ),
        Case(
            "HugeCount",
            "plugin test.huge-count: describe: tensor \"weight\": axis: expected 1 to 64 factors in a segment, found "
                + "\(Int64.max)"
        ),
        Case("NullModel", "plugin test.null-model: create_model: expected a model, found NULL"),
    ]

    @Test(arguments: impossible) func impossibleAnswerIsRefused(_ hostile: Case) throws {
        let command = try graph("hostile", folder(hostile.product))
        #expect(command.status == 3)
        #expect(command.errorLines == ["nino: \(hostile.line)"])
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

    private func verify(_ folder: TemporaryFolder, _ arguments: [String]) throws -> Command {
        try Command(arguments: ["verify", "--plugin-path", folder.path, "--trials", "1"] + limits + arguments)
    }

    @Test(arguments: whenUsed + impossible + [Case("CrashInOp", "crashed (SIGSEGV) in custom.wild")])
    func verificationTellsOfItAndVerifiesTheOthers(_ hostile: Case) throws {
        let folder = folder(hostile.product)
        let command = try verify(folder, ["--plugin", id(hostile.product), "--plugin", "nino.mlp"])
        #expect(command.status == 3)
        #expect(command.errors.isEmpty)
        let lines = command.output.split(separator: "\n")
        #expect(
            lines.filter { $0.contains("libTest") } == ["\(folder + "libTest\(hostile.product).so"): \(hostile.line)"])
        #expect(lines.count { $0.hasPrefix("  holds; ") } == 2)
        #expect(lines.last?.hasSuffix("; 1 file could not be verified") == true)
    }

    /// "test.null-model" of "NullModel".
    private func id(_ product: String) -> String {
        "test" + product.map { $0.isUppercase ? "-\($0.lowercased())" : "\($0)" }.joined().replacing(/^-/, with: ".")
    }

    @Test func falseClaimIsAnAnswerAndMisbehaviourWeighsMore() throws {
        let folder = folder("FalseClaim")
        let alone = try verify(folder, ["--plugin", "test.false-claim"])
        #expect(alone.status == 1)
        #expect(alone.output.contains("  function: hidden: the forward pass changes by "))
        #expect(alone.output.contains("  FAILS; "))
        folder.addPlugins("TestNullDereference")
        let both = try verify(folder, ["--plugin", "test.false-claim", "--plugin", "test.null-dereference"])
        #expect(both.status == 3)
        #expect(both.output.contains("  FAILS; "))
    }

    @Test func memoryOfTheHostIsNotThePlugins() throws {
        let (good, flood) = (folder("FalseClaim"), folder("MemoryFlood"))
        let tight = ["--time-limit", "20", "--memory-limit", "60"]
        // The matrix products of the host's threads work in 128 MiB each.
        let command = try Command(
            arguments: ["verify", "--plugin-path", good.path, "--trials", "1", "--plugin", "test.false-claim"] + tight)
        #expect(command.status == 1)
        #expect(command.output.contains("  FAILS; "))
        // Twin: what the plugin takes itself is.
        let twin = try Command(arguments: ["plugins", "--plugin-path", flood.path] + tight)
        #expect(twin.output.contains("took more than 60 MiB of memory in create_architecture"))
    }

    @Test func verificationOfAConfigEndsWithItsOneLine() throws {
        let folder = folder("CrashInOp")
        let file = folder + "libTestCrashInOp.so"
        let command = try verify(folder, ["--config", folder + "hostile.json"])
        #expect(command.status == 3)
        #expect(command.errorLines == ["nino: \(file): crashed (SIGSEGV) in custom.wild"])
        #expect(command.output.isEmpty)
    }

    @Test func allOfThemTogetherLeaveTheGoodOnesListedAndVerified() throws {
        let folder = TemporaryFolder()
        folder.addPlugins("TestPerceptron")
        for hostile in Self.whenLoaded + Self.whenUsed { folder.addPlugins("Test\(hostile.product)") }
        func expectLines(_ command: Command, _ cases: [Case]) {
            let objects = command.output.split(separator: "\n").compactMap {
                try? JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
            }
            let reasons = objects.compactMap { object in
                (object["rejected"] as? String).map { ($0, object["reason"] as? String) }
            }
            let expected = cases.map { hostile in
                (folder + "libTest\(hostile.product).so", "\(folder + "libTest\(hostile.product).so"): \(hostile.line)")
            }
            #expect(Dictionary(uniqueKeysWithValues: reasons) == Dictionary(uniqueKeysWithValues: expected))
        }
        let listing = try Command(arguments: ["plugins", "--json", "--plugin-path", folder.path] + limits)
        #expect(listing.status == 0)
        expectLines(listing, Self.whenLoaded + Self.whenUsed)
        let hostile = Self.whenUsed.map { id($0.product) }
        #expect(hostile.count == 8)
        let verification = try verify(folder, ["--json"] + (hostile + ["nino.mlp"]).flatMap { ["--plugin", $0] })
        #expect(verification.status == 3)
        expectLines(verification, Self.whenUsed)
        #expect(verification.output.contains("\"plugin\":\"nino.mlp\""))
    }

    @Test(arguments: [
        ["--time-limit", "0"], ["--time-limit", "nan"], ["--memory-limit", "15"], ["--memory-limit", "9999999"],
    ])
    func limitsOutOfRangeAreBadUsage(arguments: [String]) throws {
        #expect(try Command(arguments: ["plugins"] + arguments).status == 2)
    }

    @Test func childsArgumentIsNotForPeople() throws {
        let command = try Command("--isolated")
        #expect(command.status == 2)
        #expect(command.errors == "--isolated is how nino starts itself; it is of no use by hand\n")
    }
}
