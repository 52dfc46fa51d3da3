import NeuralGraphs
import Nowcasting
import TestSupport
import Testing
import Training

@Suite(.slow) struct MetaEvaluationTests {
    /// Six runs of the toy model, two of them held out.
    private func library() throws -> (TemporaryFolder, TrajectoryLibrary) {
        let folder = TemporaryFolder()
        #expect(try ToyCollection.collector(folder, runs: 6).run(jobs: 2))
        return (folder, try TrajectoryLibrary(folder: folder.path, holdOut: 3, graph: ToyCollection.graph))
    }

    @Test(arguments: [NetworkShape.Method.nino, .wnn])
    func aTrainedNetworkBeatsPredictingNoChange(method: NetworkShape.Method) throws {
        let (folder, library) = try library()
        #expect(library.training.count == 4 && library.heldOut.map(\.trajectory.run.index) == [2, 5])
        var settings = MetaTrainingSettings(
            shape: NetworkShape(method: method, width: 12, slots: 1, horizons: 6), seed: 1)
        (settings.steps, settings.trajectories, settings.slices) = (200, 2, 2)
        settings.learningRate = 1e-2
        let network = TrainableNetwork(settings.shape, seed: 1)
        let before = try MetaEvaluation(network, on: library.heldOut, starts: 2)
        // A fresh network predicts no change.
        #expect(before.rows.allSatisfy { abs($0.relativeError - 1) < 1e-3 && $0.lengthRatio < 1e-3 && $0.samples > 0 })
        #expect(Set(before.rows.map(\.kind)) == ["all", "linear", "tokenTable"])
        #expect(Set(before.rows.map(\.horizon)) == Set(1...6))
        let trainer = try MetaTrainer(
            TrajectoryObjective(network, library: library, settings: settings), settings: settings,
            evaluationInterval: 200,
            validate: { try MetaEvaluation(network, on: library.heldOut, starts: 2) })
        #expect(try trainer.run())
        let after = try #require(trainer.metrics.last?.relativeError)
        #expect(after < 0.985, "\(after)")
        #expect(try #require(trainer.metrics.last?.cosine) > 0.1)
        #expect(try MetaEvaluation(network, on: library.heldOut, starts: 2).table(title: "x").count == 4)
        _ = folder
    }

    @Test func statesOfTwoKindsAreNotMixed() throws {
        let folder = TemporaryFolder()
        var plan = ToyCollection.plan
        plan.families.append(plan.families[0])
        plan.families[1].name = "other"
        #expect(try ToyCollection.collector(folder, plan: plan, families: ["toy"], runs: 3).run(jobs: 2))
        #expect(try TrajectoryLibrary(folder: folder.path, holdOut: 3, graph: ToyCollection.graph).stateKind == .mean)
        let mixed = TemporaryFolder()
        plan.families[1].states = .snapshot
        #expect(try ToyCollection.collector(mixed, plan: plan, runs: 3).run(jobs: 2))
        #expect(
            throws: TrainingError.invalidSetting(
                name: "--data", allowed: "trajectories of one kind of states", found: "mean and snapshot")
        ) {
            try TrajectoryLibrary(folder: mixed.path, holdOut: 3, graph: ToyCollection.graph)
        }
    }

    @Test func familiesNotTrainedOnAreMeasuredWhole() throws {
        let folder = TemporaryFolder()
        var plan = ToyCollection.plan
        plan.families.append(plan.families[0])
        plan.families[1].name = "other"
        #expect(try ToyCollection.collector(folder, plan: plan, runs: 3).run(jobs: 2))
        func heldOut(_ families: [String]?) throws -> [String] {
            let library = try TrajectoryLibrary(
                folder: folder.path, families: families, holdOut: 3, graph: ToyCollection.graph)
            #expect(library.training.count + library.heldOut.count == 6)
            return library.heldOut.map { "\($0.family) \($0.trajectory.run.index)" }.sorted()
        }
        #expect(try heldOut(["toy"]) == ["other 0", "other 1", "other 2", "toy 2"])
        #expect(try heldOut(nil) == ["other 2", "toy 2"])
    }

    @Test func batchesDependOnSeedAndStepAlone() throws {
        let (folder, library) = try library()
        let settings = MetaTrainingSettings(shape: NetworkShape(method: .nino, width: 8, horizons: 6), seed: 5)
        let network = TrainableNetwork(settings.shape, seed: 1)
        let objective = try TrajectoryObjective(network, library: library, settings: settings)
        func starts(_ step: Int) throws -> [[Float]] {
            try objective.batch(step: step).map { network.changes([$0])[0].array + [Float($0.targetCount)] }
        }
        #expect(try objective.batch(step: 3).count == 16)
        #expect(try starts(3) == starts(3))
        #expect(try objective.batch(step: 3).map(\.targetCount) != objective.batch(step: 4).map(\.targetCount))
        _ = folder
    }

    @Test func librariesWithoutWhatIsAskedForAreRefused() throws {
        let (folder, _) = try library()
        #expect(throws: TrainingError.self) {
            try TrajectoryLibrary(folder: folder.path, families: ["toys"], graph: ToyCollection.graph)
        }
        #expect(throws: TrainingError.invalidSetting(name: "--hold-out", allowed: "at least 2", found: "1")) {
            try TrajectoryLibrary(folder: folder.path, holdOut: 1, graph: ToyCollection.graph)
        }
        #expect(throws: TrainingError.self) {
            try TrajectoryLibrary(folder: folder.path) { _, _ in
                var builder = GraphBuilder()
                builder.linear("other", builder.nodes("a", 2), builder.nodes("b", 2))
                return try builder.graph()
            }
        }
        #expect(throws: TrainingError.self) {
            try TrajectoryLibrary(folder: TemporaryFolder().path, graph: ToyCollection.graph)
        }
    }
}
