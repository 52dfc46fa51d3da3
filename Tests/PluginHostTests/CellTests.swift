import CIsolation
import Foundation
import TestSupport
import Testing

/// Every way out of a child process is tried by a hostile plugin, as this user and, where that is root, as an ordinary
/// one.
@Suite struct CellTests {
    /// Root, who may become anybody, and nobody; or whoever runs the tests.
    static let users = geteuid() == 0 ? [0, 65534] : [Int(geteuid())]

    private func list(_ folder: TemporaryFolder, as user: Int, home: String) throws -> String {
        try Tool.run("chmod", "-R", "go+rX", folder.path)
        let become =
            user == geteuid() ? [] : ["setpriv", "--reuid=\(user)", "--regid=\(user)", "--clear-groups", "--"]
        return try Tool.run(
            ["env", "HOME=\(home)", "NINO_TEST_HIDDEN_FILE=\(home)/.secret", "NINO_TEST_OWN_FILE=\(home)/own"] + become
                + [BuiltProducts.nino, "plugins", "--json", "--plugin-path", folder + "plugins"])
    }

    /// A folder of plugins, and beside it a home that the user owns.
    private func folder(_ product: String, for user: Int) throws -> TemporaryFolder {
        let folder = TemporaryFolder()
        for name in ["plugins", "home"] { try Tool.run("mkdir", folder + name) }
        try Tool.run("cp", BuiltProducts.library(product), folder + "plugins")
        folder.write("a key", to: "home/.secret")
        folder.write("a text", to: "home/own")
        try Tool.run("chown", "-R", "\(user)", folder + "home")
        return folder
    }

    @Test(arguments: users) func noWayOutWorks(user: Int) throws {
        let folder = try folder("TestEscapes", for: user)
        let listing = try list(folder, as: user, home: folder + "home")
        #expect(listing.contains(#""id":"test.escapes""#))
        #expect(!listing.contains("rejected\":\"\(folder.path)"), "\(listing)")
    }

    /// The twin: outside of a cell all of them work, but for the one that needs a terminal and the kernel's leave, and
    /// those that root alone may or that a machine has turned off.
    @Test func outsideTheyWork() throws {
        let folder = try folder("TestEscapes", for: Int(geteuid()))
        let root = BuiltProducts.repository.path
        try Tool.run(
            "clang", "-w", "-DPROBE", "-D_GNU_SOURCE", "-I", "\(root)/Sources/CNinoPlugin/include",
            "\(root)/Tests/BrokenPlugins/Escapes/escapes.c", "-lm", "-o", folder + "probe")
        let working = try Tool.run(
            "env", "NINO_TEST_HIDDEN_FILE=\(folder + "home/.secret")", "NINO_TEST_OWN_FILE=\(folder + "home/own")",
            folder + "probe"
        ).split(separator: "\n").map(String.init)
        for way in [
            "sends_signals_by_owner", "chooses_the_signal", "asks_for_signals", "changes_permissions",
            "makes_a_message_queue", "makes_shared_memory", "makes_a_semaphore", "makes_a_memory_file",
            "slows_the_parent", "moves_the_parent", "schedules_the_parent", "connects", "reads_a_hidden_file",
            "reads_the_parents_environment", "changes_the_root", "outlives_the_parent", "opens_itself_to_others",
            "leaves_its_session",
        ] {
            #expect(working.contains(way))
        }
    }

    @Test(arguments: ["TestSignalsByQueue", "TestTakesDescriptor"], users)
    func reachingIntoTheParentEndsIt(product: String, user: Int) throws {
        let folder = try folder(product, for: user)
        let listing = try list(folder, as: user, home: folder + "home").replacingOccurrences(of: "\\/", with: "/")
        let file = folder + "plugins/lib\(product).so"
        let reason = "tried to start a process or to reach into another one (SIGSYS) in a constructor"
        #expect(listing.contains(#"{"reason":"\#(file): \#(reason)","rejected":"\#(file)"}"#), "\(listing)")
    }

    /// The number that docs/trust.md gives, on the machines it speaks of.
    @Test func documentedNumberOfCallsIsAllowed() throws {
        let text = try String(
            contentsOf: BuiltProducts.repository.appendingPathComponent("docs/trust.md"), encoding: .utf8)
        #expect(text.contains(" \(nino_allowed_call_count()) of them"))
    }
}
