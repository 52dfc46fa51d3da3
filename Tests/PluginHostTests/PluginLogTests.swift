import Foundation
import TestSupport
import Testing

import PluginHost

@Suite struct VersionTests {
    @Test func versionsAreOrderedNumberByNumber() throws {
        let versions = ["0.9.9", "1.0.0", "1.0.1", "1.2.0", "1.10.0", "2.0.0"].map { Version($0)! }
        #expect(versions.count == 6 && versions == versions.shuffled().sorted())
        #expect(Version("1.10.0")!.description == "1.10.0")
    }

    @Test(arguments: ["", "1", "1.0", "1.0.0.0", "1.0.x", "1..0", "-1.0.0", "1.0.9999999999", " 1.0.0", "1.0.٣"])
    func otherTextIsNoVersion(text: String) {
        #expect(Version(text) == nil)
    }
}

@Suite struct PluginLogTests {
    private func message(_ level: PluginLog.Level, _ text: String) -> PluginLog.Message {
        PluginLog.Message(plugin: "test.x", level: level, text: text)
    }

    private func shown(from level: String?, _ messages: [PluginLog.Message]) -> [String] {
        var lines: [String] = []
        let display = PluginLogDisplay(from: level) { lines.append("\($0)") }
        messages.forEach(display.take)
        return lines
    }

    @Test func warningsAreShownOnceAndTheRestOnDemand() {
        let messages = [
            message(.debug, "a"), message(.info, "b"), message(.warning, "c"), message(.warning, "c"),
            message(.error, "d"),
        ]
        #expect(shown(from: nil, messages) == ["plugin test.x: warning: c", "plugin test.x: error: d"])
        #expect(shown(from: "info", messages).count == 3)
        #expect(shown(from: "debug", messages).count == 4)
        #expect(shown(from: "nonsense", messages).count == 2)
    }

    @Test func messageIsOneShortLine() {
        let long = message(.error, "a\u{1b}[2J\nb" + String(repeating: "c", count: 5000)).onOneLine()
        #expect(long.text.hasPrefix("a [2J bc") && long.text.count == PluginLog.longestMessage + 1)
    }
}
