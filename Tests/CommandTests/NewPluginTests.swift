import TestSupport
import Testing

/// `nino plugin new`, from the build folder; the guide's test does it from an installation, in Swift.
@Suite(.slow) struct NewPluginTests {
    @Test func pluginInCBuildsLoadsAndTrains() throws {
        let folder = TemporaryFolder()
        let made = try Command(
            "plugin", "new", "GatedNet", "--language", "c", "--id", "net.sample.gated", "--out", folder + "gated")
        #expect(made.status == 0, "\(made.errors)")
        #expect(made.output.hasPrefix("\(folder + "gated"): plugin net.sample.gated in C, model type gatednet\n"))
        let built = try Shell(
            "make CFLAGS='-O1 -Wall -Wextra -Wno-unused-parameter -Werror' && nm -D --defined-only libGatedNet.so",
            in: folder + "gated")
        #expect(built.status == 0, "\(built.output)")
        // The entry is all it exports.
        #expect(built.output.split(separator: "\n").filter { $0.contains(" T ") }.count == 1)
        let config = folder + "gated/gatednet.json"
        let graph = try Command("graph", "--config", config, "--plugin-path", folder + "gated")
        #expect(graph.status == 0, "\(graph.errors)")
        #expect(graph.output.hasPrefix("plugin      net.sample.gated\nparameters  33962\n"))
        let trained = try Command(
            "train", "--task", "fm-16", "--config", config, "--plugin-path", folder + "gated", "--steps", "5",
            "--quiet", "--json")
        #expect(trained.status == 0, "\(trained.errors)")
        #expect((trained.lastObject?["best"] as? Double).map { $0 > 0 } == true)
    }

    @Test(arguments: [
        (["3d"], "NAME: expected a letter, then letters, digits and underscores, at most 64 in all, found \"3d\""),
        (
            ["../Net"],
            "NAME: expected a letter, then letters, digits and underscores, at most 64 in all, found \"../Net\""
        ),
        (["Class"], "NAME: \"Class\" is a word of the language or of the SDK; expected another"),
        (
            ["Net", "--id", "net"],
            "--id: expected a reverse-domain name such as org.example.mynet, at most 128 letters, found \"net\""
        ),
        (["Net", "--language", "cobol"], "the value 'cobol' is invalid for '--language <language>'"),
        (["MLP"], "NAME: expected a model type that no plugin has yet, found \"mlp\" of nino.mlp in "),
    ])
    func badNameIsRefused(arguments: [String], reason: String) throws {
        let folder = TemporaryFolder()
        let made = try Command(arguments: ["plugin", "new", "--out", folder + "new"] + arguments)
        #expect(made.status == 2)
        #expect(made.errorLines.first?.contains(reason) == true, "\(made.errors)")
        #expect(folder.contents == [])
    }

    @Test func whatIsThereStaysAsItIs() throws {
        let folder = TemporaryFolder()
        folder.write("mine", to: "net")
        let made = try Command("plugin", "new", "Net", "--out", folder + "net")
        #expect(made.status == 2)
        #expect(made.errorLines == ["nino: \(folder + "net"): expected a new folder, found something there"])
        #expect(TemporaryFolder.bytes(of: folder + "net") == Array("mine".utf8))
    }

    @Test func nothingHalfWrittenStays() throws {
        let folder = TemporaryFolder()
        // Most files of the template are larger than what may be written.
        let made = try Command(arguments: ["plugin", "new", "Net", "--out", folder + "net"], fileSizeLimit: 1)
        #expect(made.status == 2)
        #expect(made.errorLines.count == 1)
        #expect(made.errorLines == ["nino: \(folder + "net"): cannot be written: File too large"])
        #expect(folder.contents == [])
    }

    /// The system's words and no other library's.
    @Test func whatStandsInTheWayIsSaid() throws {
        let folder = TemporaryFolder()
        folder.write("mine", to: "file")
        for (parent, reason) in [("nowhere", "No such file or directory"), ("file", "Not a directory")] {
            let made = try Command("plugin", "new", "Net", "--out", folder + "\(parent)/net")
            #expect(made.status == 2)
            #expect(made.errorLines == ["nino: \(folder + "\(parent)/net"): cannot be written: \(reason)"])
        }
        #expect(folder.contents == ["file"])
    }
}
