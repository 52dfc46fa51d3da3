import Foundation
import TestSupport
import Testing

@Suite struct TerminalTests {
    @Test(arguments: [60, 80, 100]) func tablesFitTheWindow(width: Int) throws {
        for arguments in [["verify", "--plugin", "nino.mlp", "--trials", "1"], ["configs"]] {
            let command = try Command(arguments: arguments, environment: ["COLUMNS": "\(width)"])
            let lines = command.output.split(separator: "\n")
            #expect(command.status == 0 && lines.count > 5)
            #expect(lines.allSatisfy { $0.count <= width }, "\(lines.filter { $0.count > width })")
        }
        // Twin: without a window the table of groups is wider than the narrowest of these.
        let wide = try Command("verify", "--plugin", "nino.mlp", "--trials", "1")
        #expect(wide.output.split(separator: "\n").contains { $0.count > 60 })
    }

    @Test func noColourGoesIntoAPipe() throws {
        for environment in [[:], ["NO_COLOR": "1"], ["TERM": "xterm-256color"]] {
            let command = try Command("verify", "--plugin", "nino.mlp", "--trials", "1", environment: environment)
            #expect(!command.output.contains("\u{1B}") && !command.errors.contains("\u{1B}"))
        }
    }

    /// A window of 80 columns: what is written stays within one line of it.
    @Test func aStatusLineNeverWraps() throws {
        let folder = TemporaryFolder()
        let task = "train --task fm-16 --steps 30 --eval-every 5 --nowcaster none"
        let run = try Shell(
            "script -qec 'stty cols 80; \(BuiltProducts.nino) \(task)' typescript >/dev/null; cat typescript",
            in: folder.path)
        let shown = run.output.split(separator: "\r").filter { $0.contains("step ") && $0.contains("\u{1B}[K") }
        #expect(!shown.isEmpty, "\(run.output)")
        for line in shown {
            let text = line.replacing(/\u{1B}\[[0-9;]*[A-Za-z]/, with: "")
            #expect(text.count < 80, "\(text)")
        }
    }

    @Test(arguments: [
        (["grpah", "--config", "gpt2"], "no command \"grpah\"; did you mean \"graph\"?"),
        (["graph", "--config", "gpt2-tinny"], "; did you mean \"gpt2-tiny\"?"),
        (["train", "--task", "fm16"], "; did you mean \"fm-16\"?"),
        (["verify", "--plugin", "nino.gpt"], "; did you mean \"nino.gpt2\"?"),
        (["graph", "--cofig", "gpt2"], "unknown option '--cofig'; did you mean '--config'? (see nino graph --help)"),
        (["plugin", "new", "Net", "--langauge", "c"], "did you mean '--language'?"),
    ])
    func mistypedNamesAreAnsweredWithTheNearest(arguments: [String], answer: String) throws {
        let command = try Command(arguments: arguments)
        #expect(command.status == 2)
        #expect(command.errorLines.count == 1 && command.errors.hasPrefix("nino: "), "\(command.errors)")
        #expect(command.errors.contains(answer), "\(command.errors)")
    }

    @Test func farOffNamesAreNotGuessed() throws {
        let command = try Command("graph", "--config", "something-else-entirely")
        #expect(command.status == 2 && !command.errors.contains("did you mean"))
    }

    @Test func badUsageIsOneLineThatSaysWhereHelpIs() throws {
        let command = try Command("graph")
        #expect(command.status == 2)
        #expect(command.errorLines == ["nino: missing expected argument '--config <config>' (see nino graph --help)"])
    }

    @Test func helpShowsAnOwnOptionFirstAndBreaksNoParagraph() throws {
        let help = try Command("graph", "--help", environment: ["COLUMNS": "80"]).output
        let own = try #require(help.range(of: "--config"))
        let common = try #require(help.range(of: "--threads"))
        #expect(own.lowerBound < common.lowerBound)
        #expect(help.contains("so\nthat") || help.contains("so that"))
        #expect(!help.contains("metadata, so that\n  `nino"))
    }

    @Test(arguments: [("step", "--history"), ("collect", "--plan"), ("meta-train", "--data")])
    func optionsOfRanksComeBehindTheOwn(command: String, own: String) throws {
        let help = try Command(command, "--help", environment: ["COLUMNS": "80"]).output
        let options = try #require(help.range(of: "OPTIONS:"))
        let places = try [own, "--mpi/--no-mpi", "--threads"].map { option in
            try #require(help.range(of: "\n  \(option)", range: options.upperBound..<help.endIndex)).lowerBound
        }
        #expect(places == places.sorted())
    }

    @Test func configsAreListedWithTheirPlugins() throws {
        let lines = try Command("configs", "--json").output.split(separator: "\n")
        #expect(lines.count >= 21)
        #expect(lines.contains { $0.contains("\"name\":\"gpt2-tiny\"") && $0.contains("\"plugin\":\"nino.gpt2\"") })
    }

    @Test func theManualPageNamesEveryCommand() throws {
        let page = try Command("manual").output
        for name in ["explore", "graph", "verify", "step", "train", "compare", "configs", "plugin new", "meta\\-train"]
        {
            #expect(page.contains(".SS nino \(name)"), "\(name)")
        }
        #expect(page.hasPrefix(".TH NINO 1") && !page.contains(".SS nino manual"))
    }
}
