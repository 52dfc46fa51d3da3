import Presentation
import Testing

@Suite struct TextTableTests {
    private var table: TextTable {
        var table = TextTable([.init("group"), .init("size", isNumber: true), .init("acts on")], indent: 2)
        table.rows = [
            ["hidden_0", "32", "(hidden_0) ×3, (heads_0, v_0), (residual) ×12, (heads_0, qk_0) ×2"],
            ["all together", "", ""],
        ]
        return table
    }

    @Test(arguments: [30, 40, 60, 80]) func noLineIsWiderThanTheWindow(width: Int) {
        let lines = table.lines(width: width)
        #expect(lines.count >= 3)
        #expect(lines.allSatisfy { $0.count <= width }, "\(lines)")
        // Twin: without a window the table is wider than the narrow ones.
        #expect(width > 60 || table.lines(width: nil).contains { $0.count > width })
    }

    @Test func cellsBreakBetweenWordsAndLoseNothing() {
        let lines = table.lines(width: 50)
        for word in ["(hidden_0)", "(heads_0,", "(residual)", "qk_0)"] {
            #expect(lines.contains { $0.contains(word) }, "\(word) in \(lines)")
        }
    }

    @Test func wordsStayWholeAndOptionalColumnsGiveWay() {
        func lines(_ width: Int, isOptional: Bool) -> [String] {
            var table = TextTable([.init("group"), .init("acts on", isOptional: isOptional), .init("controls")])
            table.rows = [["hidden_0 … hidden_1", "(residual) ×12, (heads_0)", "16 of 16"]]
            return table.lines(width: width)
        }
        // 8, 10 and 8 letters, and two gaps.
        let words = ["hidden_0", "hidden_1", "(residual)", "(heads_0)", "16", "controls"]
        for word in words { #expect(lines(30, isOptional: true).contains { $0.contains(word) }) }
        let narrow = lines(29, isOptional: true)
        #expect(narrow.contains { $0.hasPrefix("hidden_0") } && !narrow.contains { $0.contains("acts") })
        // Twin: a column that must be there is broken instead.
        #expect(lines(28, isOptional: false).allSatisfy { $0.count <= 28 && !$0.contains("(residual)") })
    }

    @Test func numbersStandAtTheRight() {
        let lines = table.lines(width: nil)
        #expect(lines[0] == "  group         size  acts on")
        #expect(lines[1].hasPrefix("  hidden_0        32  (hidden_0)"))
        #expect(lines[2] == "  all together")
    }

    @Test func longTextGoesOnInTheNextLine() {
        let lines = TextWrapping.lines(of: "one two three four five", width: 10, hang: 2)
        #expect(lines == ["one two", "  three", "  four", "  five"])
        #expect(TextWrapping.lines(of: "abcdefghijkl", width: 5) == ["abcde", "fghij", "kl"])
        #expect(TextWrapping.lines(of: "short", width: nil) == ["short"])
    }
}
