import Foundation
import TestSupport
import Testing

/// Slips in plans and in the options beside them: each is named with its file and key before anything is written.
@Suite(.slow) struct PlanSlipTests {
    private let folder = TemporaryFolder()
    private let text: String

    init() {
        text = folder.write(String(repeating: "a graph of neurons, ", count: 100), to: "text.txt")
    }

    private static let family: [String: String] = [
        "name": #""tiny""#, "task": #""text""#, "learning_rate": "[0.001, 0.01]", "weight_decay": "0.01",
        "batch_size": "4", "steps": "12", "interval": "2",
    ]
    private static let config: [String: String] = [
        "model_type": #""gpt2""#, "vocab_size": "256", "n_positions": "64", "n_embd": #"{"one_of": [4, 8]}"#,
        "n_layer": "1", "n_head": "2",
    ]

    private static func object(_ members: [String: String]) -> String {
        "{" + members.sorted { $0.key < $1.key }.map { "\"\($0)\": \($1)" }.joined(separator: ", ") + "}"
    }

    /// A collection of one family, with some keys changed.
    private func plan(_ family: [String: String] = [:], config: [String: String] = [:]) -> String {
        var members = Self.family.merging(family) { $1 }
        members["config"] = Self.object(Self.config.merging(config) { $1 })
        return folder.write("{\"families\": [\(Self.object(members))]}", to: "plan.json")
    }

    private var out: String { folder + "out" }

    private func collect(_ plan: String, _ extra: String...) throws -> Command {
        try Command(arguments: ["collect", "--out", out, "--plan", plan, "--text", text, "--runs", "1"] + extra)
    }

    private func refusal(_ command: Command, sourceLocation: SourceLocation = #_sourceLocation) -> String {
        #expect(command.status == 2, "\(command.errors)", sourceLocation: sourceLocation)
        #expect(command.errorLines.count == 1, "\(command.errors)", sourceLocation: sourceLocation)
        return command.errorLines.first ?? ""
    }

    @Test(
        arguments: [
            (["statess": #""mean""#], [:], #"key "families[0].statess" is unknown; did you mean "states"?"#),
            (["states": #""means""#], [:], #"key "families[0].states": expected snapshot or mean, found "means""#),
            (["task": #""txt""#], [:], #"key "families[0].task": expected fm-16, "#),
            (["learning_rate": "1"], [:], #"key "families[0].learning_rate": expected a list, found 1"#),
            (["steps": "8"], [:], "families[0].steps: expected at least 12, six intervals of 2, found 8"),
            ([:], ["model_type": #""gtp2""#], #"families[0].config: key "model_type": expected one of "#),
            ([:], ["n_embd": #"{"oneof": [4, 8]}"#], #"families[0].config.n_embd: expected a value, or {"one_of""#),
            ([:], ["n_embd": #""many""#], #"families[0].config: key "n_embd": expected "#),
            ([:], ["vocab_size": "255"], "families[0].config: expected a model with at least 256 classes, "),
        ] as [([String: String], [String: String], String)])
    func aBadPlanIsNamedAndLeavesNothing(family: [String: String], config: [String: String], words: String) throws {
        let message = refusal(try collect(plan(family, config: config), "--quiet"))
        #expect(message.hasPrefix("nino: \(folder + "plan.json"): \(words)"), "\(message)")
        #expect(!FileManager.default.fileExists(atPath: out))
        // The twin: the plan put right, in the same place.
        let right = try collect(plan())
        #expect(right.status == 0, "\(right.errors)")
        #expect(right.output == "\(out): 1 run, 1 of them new\n")
    }

    @Test func whatDiffersFromAnEarlierCollectionIsNamed() throws {
        #expect(try collect(plan(), "--quiet").status == 0)
        let steps = refusal(try collect(plan(), "--steps", "14", "--quiet"))
        #expect(
            steps == "nino: \(out)/manifest.json: belongs to another run: families[0].steps is 12 there and 14 here")
        let config = refusal(try collect(plan(config: ["n_layer": "2"]), "--quiet"))
        #expect(config.hasSuffix(": families[0].config.n_layer is 1 there and 2 here"))
        #expect(try collect(plan(), "--steps", "12", "--quiet").status == 0)
        // A manifest as a plan, with a slip of somebody who changed it.
        let manifest = try String(contentsOfFile: out + "/manifest.json", encoding: .utf8)
        let changed = folder.write(manifest.replacing("\"interval\"", with: "\"intervals\""), to: "changed.json")
        let message = refusal(try collect(changed, "--quiet"))
        #expect(
            message
                == "nino: \(changed): key \"plan.families[0].intervals\" is unknown; did you mean \"interval\"?")
    }

    @Test func optionsThatLeaveTooFewStatesAreNamed() throws {
        let both = refusal(try Command("collect", "--out", out, "--tasks", "text-gpt2", "--steps", "4", "--every", "2"))
        #expect(both == "nino: --steps: expected at least 12, six times --every (2), found 4")
        let every = refusal(try collect(plan(), "--every", "3"))
        #expect(
            every == "nino: --every: expected at most 2, a sixth of \(folder + "plan.json"): families[0].steps (12), "
                + "found 3")
        #expect(try collect(plan(), "--every", "3", "--steps", "18", "--quiet").status == 0)
    }

    private func budget(_ task: [String: String] = [:], _ method: [String: String] = [:]) -> String {
        let config = folder.write(Self.object(Self.config.merging(["n_embd": "4"]) { $1 }), to: "config.json")
        let tasks = [
            "name": #""toy""#, "task": #""text""#, "text": "\"\(text)\"", "config": "\"\(config)\"", "batch": "4",
        ]
        return folder.write(
            """
            {"tasks": [\(Self.object(tasks.merging(task) { $1 }))],
              "methods": [{"name": "AdamW"}, \(Self.object(["name": #""other""#].merging(method) { $1 }))],
              "budgets": [4], "seeds": [1], "tuning": {"seed": 3, "steps": 2, "factors": [1]}}
            """, to: "plan.json")
    }

    private func compare(_ plan: String, _ extra: String...) throws -> Command {
        try Command(
            arguments: ["compare", "--protocol", "budget", "--plan", plan, "--save", out, "--quiet"] + extra)
    }

    @Test(
        arguments: [
            (["task": #""fm16""#], [:], #"key "tasks[0].task": expected fm-16, "#),
            (["config": #""fm16""#], [:], #"tasks[0].config: config "fm16": expected a file or a name in "#),
            (["text": #""/nowhere""#], [:], "tasks[0]: /nowhere: "),
            ([:], ["nowcaster": #""nno""#], "methods[1].nowcaster: nowcaster nno: expected none, "),
            ([:], ["optimizer": #""adam""#], #"key "methods[1].optimizer": expected adamw, sgd, muon or schedulefree"#),
            ([:], ["optimiser": #""adamw""#], #"key "methods[1].optimiser" is unknown; did you mean "optimizer"?"#),
            ([:], ["warmup": "5"], "methods[1].warmup: expected a share from 0 to 1, found 5"),
        ] as [([String: String], [String: String], String)])
    func aBadPlanOfBudgetsIsNamedBeforeItsFirstRun(
        task: [String: String], method: [String: String], words: String
    ) throws {
        let message = refusal(try compare(budget(task, method)))
        #expect(message.hasPrefix("nino: \(folder + "plan.json"): \(words)"), "\(message)")
        #expect(!FileManager.default.fileExists(atPath: out))
        let right = try compare(budget())
        #expect(right.status == 0, "\(right.errors)")
    }

    @Test func optionsThatBudgetsHaveNoUseForAreRefused() throws {
        let plan = budget()
        for option in [["--steps", "3"], ["--task=text"], ["--nowcasters", "none"], ["--seed", "2"]] {
            let message = refusal(
                try Command(
                    arguments: ["compare", "--protocol", "budget", "--plan", plan, "--save", out] + option))
            let name = option[0].prefix { $0 != "=" }
            #expect(message.hasPrefix("nino: \(name) changes nothing with --protocol budget"), "\(message)")
        }
        let other = refusal(try Command("compare", "--protocol", "budgets"))
        #expect(other.contains("'budgets'") && other.contains(": expected target or budget"), "\(other)")
        #expect(try compare(plan, "--threads", "1", "--report", folder + "report").status == 0)
    }

    @Test func runsOfBudgetsAreMadeSideBySide() throws {
        let plan = budget([:], ["nowcaster": #""nino""#])
        let several = try compare(plan, "--jobs", "2")
        #expect(several.status == 0, "\(several.errors)")
        let ledger = try String(contentsOfFile: out + "/runs.jsonl", encoding: .utf8)
        #expect(ledger.split(separator: "\n").count == 4)
        #expect(refusal(try compare(plan, "--jobs", "0")).hasPrefix("nino: --jobs: expected 1 to 1024, found 0"))
        let target = refusal(try Command("compare", "--jobs", "2"))
        #expect(target.hasPrefix("nino: --jobs changes nothing with --protocol target"), "\(target)")
    }
}
