import Testing

import PluginHost

@Suite struct ReadablePlacesTests {
    private let tree = [
        "/": ["dev", "etc", "home", "lost+found", "run", "tmp", "usr"],
        "/home": ["alice", "bob"],
        "/home/alice": [".ssh", ".netrc", "runs", "plugins"],
    ]

    private func paths(_ homes: [String], _ files: [String]) -> [String] {
        ReadablePlaces(homes: homes) { tree[$0] ?? [] }.paths(for: files).filter { !$0.hasPrefix("/dev/") }
    }

    @Test func hiddenFilesAndOtherHomesAreLeftOut() {
        #expect(
            paths(["/home/alice"], []) == ["/etc", "/home/alice/runs", "/home/alice/plugins", "/tmp", "/usr"].sorted())
    }

    @Test func userWithoutAHomeSeesNone() {
        #expect(paths(["/nowhere-at-all"], []) == ["/etc", "/tmp", "/usr"])
        #expect(paths(["/"], []) == ["/etc", "/tmp", "/usr"])
    }

    @Test func givenFilesAreAddedWithTheirFoldersButNoWholeHome() {
        let found = paths(
            ["/home/alice"], ["/home/bob/plugins/x.so", "/home/alice/.hidden/y.so", "/home/alice/z.so", "/w.so"])
        #expect(
            found.suffix(6) == [
                "/home/bob/plugins/x.so", "/home/alice/.hidden/y.so", "/home/alice/z.so", "/w.so",
                "/home/alice/.hidden", "/home/bob/plugins",
            ])
    }
}
