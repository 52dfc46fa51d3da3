import Checkpoints
import Foundation
import JSONText
import Nowcasting
import PluginHost
import TestSupport
import Testing
import Training

@Suite(.slow) struct CollectorTests {
    private let folder = TemporaryFolder()

    private func files(_ folder: TemporaryFolder) -> [String: [UInt8]] {
        Dictionary(uniqueKeysWithValues: folder.contents.map { ($0, TemporaryFolder.bytes(of: folder.path + $0)) })
    }

    @Test(arguments: [StateKind.snapshot, .mean])
    func aTrajectoryIsThatOfTheRunItNames(kind: StateKind) throws {
        var plan = ToyCollection.plan
        plan.families[0].states = kind
        #expect(try ToyCollection.collector(folder, plan: plan, runs: 2).run(jobs: 1))
        let manifest = try CollectionManifest(contentsOf: folder.path)
        #expect(manifest.runs.map(\.file) == ["toy-0000.safetensors", "toy-0001.safetensors"])
        let trajectory = try Trajectory(opening: folder.path + "toy-0001.safetensors")
        #expect(trajectory.run == manifest.runs[1].run && trajectory.stateCount == 12)
        var settings = try toyTextSettings(seed: trajectory.run.seed, steps: 96)
        settings.batchSize = 8
        settings.learningRate = trajectory.run.learningRate
        let trainer = try Trainer(settings: settings, model: toyLanguageModel(), data: toyText(toyText()))
        var states: [[Float]] = []
        for _ in stride(from: 8, through: 96, by: 8) {
            var seen: [[Float]] = []
            for _ in 0..<8 {
                seen.append(trainer.weights)
                try trainer.run(until: trainer.step + 1)
            }
            if kind == .snapshot { seen.removeFirst(7) }
            states.append(
                seen[0].indices.map { index in Float(seen.reduce(0.0) { $0 + Double($1[index]) } / Double(seen.count)) }
            )
        }
        for (index, entry) in trajectory.parameters.entries.enumerated() {
            let found = try trajectory.states(0..<12, of: index)
            #expect(zip(found, states[0][entry.range]).allSatisfy { abs($0 - $1) <= 1e-7 })
            // Half precision of the distance from the first state.
            for state in 1..<12 {
                for scalar in 0..<entry.count {
                    let (expected, first) = (states[state][entry.offset + scalar], states[0][entry.offset + scalar])
                    #expect(
                        abs(found[state * entry.count + scalar] - expected) <= abs(expected - first) * 0x1p-11 + 3e-7)
                }
            }
        }
    }

    @Test func jobsInterruptionsAndLaterRunsChangeNoBit() throws {
        let (one, many, parts) = (TemporaryFolder(), TemporaryFolder(), TemporaryFolder())
        #expect(try ToyCollection.collector(one).run(jobs: 1))
        #expect(try ToyCollection.collector(many).run(jobs: 3))
        #expect(files(one) == files(many))
        #expect(try ToyCollection.collector(parts, runs: 1).run(jobs: 1))
        let cancellation = Cancellation()
        let interrupted = try ToyCollection.collector(parts) { if case .stepped = $0 { cancellation.request() } }
        #expect(interrupted.pendingCount == 2)
        #expect(try !interrupted.run(jobs: 1, cancellation: cancellation))
        #expect(parts.contents.count == 2)
        // What a killed session leaves half written is removed.
        parts.write([0], to: ".toy-0001.safetensors.x.tmp")
        #expect(try ToyCollection.collector(parts).run(jobs: 2))
        #expect(files(one) == files(parts))
        #expect(try ToyCollection.collector(parts).pendingCount == 0)
    }

    @Test func runsAreDrawnFromTheRangesAndDependOnTheSeed() throws {
        let runs = (0..<40).map { CollectionRun(ToyCollection.plan, family: 0, index: $0, seed: 1) }
        #expect(Set(runs.map(\.seed)).count == 40)
        #expect(runs.allSatisfy { (1e-2...4e-2).contains($0.learningRate) })
        let sizes = runs.map(\.config).reduce(into: [JSONValue]()) { if !$0.contains($1) { $0.append($1) } }
        #expect(sizes.count == 3)
        #expect(runs[7] == CollectionRun(ToyCollection.plan, family: 0, index: 7, seed: 1))
        #expect(runs[7] != CollectionRun(ToyCollection.plan, family: 0, index: 7, seed: 2))
    }

    @Test func anotherCollectionIsNotContinued() throws {
        #expect(try ToyCollection.collector(folder, runs: 1).run(jobs: 1))
        func key(_ body: () throws -> Collector) -> String? {
            do {
                _ = try body()
            } catch TrainingError.otherRun(_, let differences) {
                return differences.map(\.key).joined(separator: ", ")
            } catch { return "\(error)" }
            return nil
        }
        var plan = ToyCollection.plan
        plan.families[0].steps = 104
        #expect(key { try ToyCollection.collector(folder, runs: 1) } == nil)
        #expect(key { try ToyCollection.collector(folder, plan: plan, runs: 1) } == "families[0].steps")
        #expect(key { try ToyCollection.collector(folder, runs: 1, seed: 2) } == "seed")
        #expect(key { try ToyCollection.collector(folder, runs: 1, text: toyText(seed: 2)) } == "data of task text")
    }

    @Test func badPlansAreRefused() throws {
        func refusal(_ change: (inout CollectionPlan.Family) -> Void) -> String {
            var plan = ToyCollection.plan
            change(&plan.families[0])
            do {
                try plan.validate()
                return ""
            } catch { return "\(error)" }
        }
        #expect(refusal { _ in } == "")
        #expect(refusal { $0.name = "../x" }.contains("plan: families[0].name: expected"))
        #expect(refusal { $0.task = "fm-17" }.contains("fm-17"))
        #expect(refusal { $0.learningRate = [1e-2, 1e-3] }.contains("learning_rate"))
        #expect(refusal { $0.steps = 47 }.contains("families[0].steps: expected at least 48, six intervals of 8"))
        #expect(refusal { $0.steps = 48 } == "")
        #expect(refusal { $0.config["size"] = .choice([]) }.contains("config.size"))
        let slip: JSONValue = .object(["oneof": .list([.integer(1)])])
        #expect(refusal { $0.config["size"] = .fixed(slip) }.contains(#"with at least one option, found {"oneof": …}"#))
        #expect(refusal { $0.config["size"] = .fixed(.object(["factor": .integer(1)])) } == "")
        #expect(throws: TrainingError.invalidSetting(name: "--tasks", allowed: "toy", found: "toys")) {
            try ToyCollection.collector(folder, families: ["toys"])
        }
        let data = try JSONEncoder().encode(CollectionPlan.standard)
        #expect(try JSONDecoder().decode(CollectionPlan.self, from: data) == .standard)
        try CollectionPlan.standard.validate()
    }

    @Test func aModelThatCannotLearnLeavesNoFolder() throws {
        let place = folder + "new"
        func collector(vocabulary: Int) throws -> Collector {
            try Collector(
                ToyCollection.plan, runsPerFamily: 2, seed: 1, version: "test", folder: place,
                data: ["text": toyText(toyText())], place: "plan.json: ",
                model: { _, name in
                    #expect(name == "plan.json: families[0].config")
                    return toyLanguageModel(vocabulary: vocabulary)
                })
        }
        let refused = TrainingError.invalidSetting(
            name: "plan.json: families[0].config", allowed: "a model with at least 256 classes, for task text",
            found: "255")
        #expect(throws: refused) { try collector(vocabulary: 255) }
        #expect(!FileManager.default.fileExists(atPath: place))
        // The twin: one that can, in the same place.
        #expect(try collector(vocabulary: 256).pendingCount == 2)
        #expect(FileManager.default.fileExists(atPath: place + "/manifest.json"))
    }

    @Test func filesThatAreNoTrajectoriesAreRefused() throws {
        #expect(try ToyCollection.collector(folder, runs: 1).run(jobs: 1))
        let path = folder + "toy-0000.safetensors"
        let good = TemporaryFolder.bytes(of: path)
        func refusal(_ replacing: String, _ by: String) -> String {
            var bytes = good
            let range = bytes.firstRange(of: Array(replacing.utf8))!
            bytes.replaceSubrange(range, with: Array(by.utf8))
            folder.write(bytes, to: "toy-0000.safetensors")
            do {
                _ = try Trajectory(opening: path)
                return ""
            } catch { return "\(error)" }
        }
        #expect(refusal("nino.trajectory/1", "nino.trajectory/1") == "")
        #expect(refusal("nino.trajectory/1", "nino.trajectory/9").contains("format"))
        #expect(refusal("change.head", "chance.head").contains("first.head"))
        #expect(refusal("\"run\"", "\"fun\"").contains("run"))
        var bytes = good
        // The last two bytes are a half-precision number of the last state: NaN.
        bytes.replaceSubrange((bytes.count - 2)..., with: [0xFF, 0x7F])
        folder.write(bytes, to: "toy-0000.safetensors")
        let trajectory = try Trajectory(opening: path)
        let last = trajectory.parameters.entries.count - 1
        #expect(
            throws: TrainingError.trajectoryInvalid(
                file: path, key: "table", expected: "finite numbers", found: "NaN or infinity")
        ) {
            _ = try (0...last).map { try trajectory.states(0..<12, of: $0) }
        }
        _ = try (0...last).map { try trajectory.states(0..<11, of: $0) }
    }
}
