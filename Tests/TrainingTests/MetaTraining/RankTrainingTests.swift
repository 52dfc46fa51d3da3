import Foundation
import Nowcasting
import Tensors
import TestSupport
import Testing
import Training

/// Collections and meta-trainings that several ranks share: each is a thread here.
@Suite(.slow) struct RankTrainingTests {
    private func files(_ folder: TemporaryFolder) -> [String: [UInt8]] {
        Dictionary(uniqueKeysWithValues: folder.contents.map { ($0, TemporaryFolder.bytes(of: folder.path + $0)) })
    }

    @Test(arguments: [2, 3, 5])
    func ranksCollectWhatOneProcessDoes(size: Int) throws {
        let (one, many) = (TemporaryFolder(), TemporaryFolder())
        #expect(try ToyCollection.collector(one, runs: 4).run(jobs: 1))
        let done = RankThreads(size).run { ranks in
            try ToyCollection.collector(many, runs: 4, ranks: ranks).run(jobs: 1)
        }
        #expect(try done.allSatisfy { try $0.get() })
        #expect(files(one) == files(many) && one.contents.count == 5)
    }

    @Test func aRunThatTheManifestDoesNotKnowIsTakenUp() throws {
        let folder = TemporaryFolder()
        #expect(try ToyCollection.collector(folder).run(jobs: 1))
        let whole = files(folder)
        try FileManager.default.removeItem(atPath: folder + "manifest.json")
        #expect(try ToyCollection.collector(folder).pendingCount == 0)
        #expect(files(folder) == whole)
        // The twin: a file that is no trajectory of this run.
        try FileManager.default.removeItem(atPath: folder + "manifest.json")
        folder.write(Array(whole["toy-0000.safetensors"]!), to: "toy-0001.safetensors")
        #expect(try ToyCollection.collector(folder).pendingCount == 1)
    }

    @Test func gradientsDoNotDependOnTheNumberOfRanks() throws {
        let folder = TemporaryFolder()
        #expect(try ToyCollection.collector(folder).run(jobs: 1))
        let library = try TrajectoryLibrary(folder: folder.path, graph: ToyCollection.graph)
        var settings = MetaTrainingSettings(shape: NetworkShape(method: .nino, width: 8, slots: 1), seed: 1)
        (settings.trajectories, settings.slices) = (2, 3)
        func gradients(_ threads: RankThreads, _ size: Int) throws -> [[Float]] {
            let all = threads.run { ranks in
                let network = TrainableNetwork(settings.shape, seed: 4)
                let objective = try TrajectoryObjective(network, library: library, settings: settings, ranks: ranks)
                let gradient = Tensor(shape: [network.parameters.count])
                return try (0..<2).flatMap { step in
                    let loss = try objective.lossAndGradient(step: step, into: gradient)
                    return [Float(loss)] + gradient.array
                }
            }
            return try all.map { try $0.get() }
        }
        let whole = try gradients(RankThreads(1), 1)[0]
        #expect(whole.allSatisfy(\.isFinite) && whole.contains { $0 != 0 })
        for size in 2...7 {
            #expect(try gradients(RankThreads(size), size) == (0..<size).map { _ in whole }, "\(size) ranks")
        }
        // The twin: a gradient that changes on its way.
        let tampered = RankThreads(2) { _, bytes in
            guard bytes.count > 4096 else { return }
            for index in stride(from: 6, to: bytes.count, by: 8) { bytes[index] ^= 0x10 }
        }
        #expect(try gradients(tampered, 2)[0] != whole)
    }
}
