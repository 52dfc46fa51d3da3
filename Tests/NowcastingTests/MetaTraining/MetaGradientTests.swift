import Checkpoints
import Foundation
import NeuralGraphs
import Nowcasting
import Tensors
import TestSupport
import Testing

@Suite struct MetaGradientTests {
    @Test(arguments: [NetworkShape.Method.nino, .wnn], 1...6 as ClosedRange<UInt64>)
    func changesOfAllHorizonsAgreeWithDoublePrecision(method: NetworkShape.Method, seed: UInt64) throws {
        let case_ = try TrainingCase(method, seed: seed, layers: [3, 2, 4][Int(seed % 3)])
        let found = case_.network().changes([try case_.sample()])[0].array.map(Double.init)
        let expected = try case_.changes().flatMap { $0 }
        // float32 measured at a few 1e-7.
        #expect(distance(found, expected) < 1e-5)
        #expect(distance(found, expected.reversed()) > 0.1)
    }

    /// The derivative along a random direction in each tensor, by central differences of the loss in double precision.
    @Test(arguments: [NetworkShape.Method.nino, .wnn], [MetaLoss.value, .change])
    func gradientsAgreeWithDifferencesOfTheReferenceNetwork(method: NetworkShape.Method, loss: MetaLoss) throws {
        for seed in [3, 8] as [UInt64] {
            var case_ = try TrainingCase(method, seed: seed, layers: seed == 3 ? 3 : 2, targets: seed == 3 ? 8 : 3)
            let network = case_.network()
            let gradient = Tensor(shape: [network.parameters.count])
            let losses = network.lossAndGradient([try case_.sample()], loss: loss, into: gradient)
            #expect(abs(losses[0] / (try case_.loss(loss)) - 1) < 1e-5)
            let whole = norm(gradient.array.map(Double.init))
            var random = SeededGenerator(seed: seed)
            for entry in network.parameters.entries {
                let direction = random.floats(entry.count)
                let original = case_.weights[entry.name]!
                func moved(_ step: Float) -> NamedWeight {
                    NamedWeight(shape: original.shape, values: zip(original.values, direction).map { $0 + step * $1 })
                }
                let (up, down) = (moved(1e-4), moved(-1e-4))
                case_.weights[entry.name] = up
                let high = try case_.loss(loss)
                case_.weights[entry.name] = down
                let difference = high - (try case_.loss(loss))
                case_.weights[entry.name] = original
                // The steps that float32 really took.
                var expected = 0.0
                for (index, scalar) in entry.range.enumerated() {
                    expected +=
                        (Double(up.values[index]) - Double(down.values[index])) * Double(gradient.values[scalar])
                }
                let scale = 2e-4 * norm(direction.map(Double.init)) * whole
                // Measured below 1e-5; kinks of the absolute value that the step crosses may add to it.
                #expect(abs(difference - expected) < 1e-3 * scale, "\(entry.name)")
                // The twin: half the gradient would not pass wherever the tensor matters.
                if abs(expected) > 0.01 * scale { #expect(abs(difference - 0.5 * expected) > 1e-3 * scale) }
            }
        }
    }

    @Test(arguments: [NetworkShape.Method.nino, .wnn])
    func aBatchIsTheMeanOfItsSamplesWhateverTheThreads(method: NetworkShape.Method) throws {
        let cases = try (20..<25).map { try TrainingCase(method, seed: $0, convolution: $0 % 2 == 0) }
        let (network, samples) = (cases[0].network(), try cases.map { try $0.sample() })
        let before = Parallel.threads
        defer { Parallel.threads = before }
        var bits: [[UInt32]] = []
        for threads in [1, 2, 5] {
            Parallel.threads = threads
            let gradient = Tensor(shape: [network.parameters.count])
            _ = network.lossAndGradient(samples, loss: .value, into: gradient)
            bits.append(gradient.array.map(\.bitPattern))
        }
        #expect(bits[0] == bits[1] && bits[1] == bits[2])
        var mean = [Double](repeating: 0, count: network.parameters.count)
        let gradient = Tensor(shape: [network.parameters.count])
        for sample in samples {
            _ = network.lossAndGradient([sample], loss: .value, into: gradient)
            for index in mean.indices { mean[index] += Double(gradient.values[index]) / Double(samples.count) }
        }
        #expect(distance(bits[0].map { Double(Float(bitPattern: $0)) }, mean) < 1e-5)
        _ = network.lossAndGradient(Array(samples.dropLast()), loss: .value, into: gradient)
        #expect(gradient.array.map(\.bitPattern) != bits[0])
    }

    @Test func anUntrainedNetworkPredictsNoChange() throws {
        let case_ = try TrainingCase(.nino, seed: 2)
        let changes = TrainableNetwork(case_.shape, seed: 4).changes([try case_.sample()])[0]
        #expect(changes.values.allSatisfy { $0 == 0 })
    }

    @Test(arguments: [NetworkShape.Method.nino, .wnn])
    func aWrittenNetworkIsACheckpointForNowcasts(method: NetworkShape.Method) throws {
        let case_ = try TrainingCase(method, seed: 6)
        let folder = TemporaryFolder()
        let path = folder + "network.safetensors"
        try case_.network().write(to: path, metadata: ["made_by": "a test"])
        let reopened = try TrainableNetwork(Checkpoint(opening: path))
        #expect(reopened.weights.array == case_.network().weights.array)
        let history = try StateHistory(Array(case_.states[..<5]), parameters: case_.graph.parameters)
        let encoding = try LaplacianPositionalEncoding(case_.graph).values.enumerated().map { $1 * case_.signs[$0 % 8] }
        let input = try GraphInput(case_.graph, encoding: encoding)
        let nowcaster = try NowcastNetwork(opening: path).nowcaster()
        let sample = try case_.sample()
        let changes = reopened.changes([sample])[0]
        for horizon in [1, SampleNetwork.horizons] {
            let expected = try nowcaster.nowcast(history, horizon: horizon, graph: input).array.map(Double.init)
            let found = sample.predictions(changes, horizon: horizon)
            #expect(relativeError(found, expected, last: case_.states[4]) < 1e-5)
            let other = sample.predictions(changes, horizon: 3)
            #expect(relativeError(other, expected, last: case_.states[4]) > 1e-3)
        }
    }

    @Test func graphsBeyondTheNetworkAreRefused() throws {
        let case_ = try TrainingCase(.nino, seed: 1)
        let small = TrainableNetwork(NetworkShape(method: .nino, width: 8, slots: 4, horizons: 6), seed: 1)
        #expect(throws: NowcastError.slots(expectedAtMost: 4, found: 9)) { try small.check(TrainingGraph(case_.graph)) }
        let few = TrainableNetwork(NetworkShape(method: .nino, width: 8, horizons: 6, edgeTypes: 9), seed: 1)
        #expect(throws: NowcastError.edgeType(expectedBelow: 9, found: 13)) {
            try few.check(TrainingGraph(case_.graph))
        }
        try case_.network().check(TrainingGraph(case_.graph))
    }

    private func norm(_ x: [Double]) -> Double { x.reduce(0) { $0 + $1 * $1 }.squareRoot() }
    private func distance(_ a: [Double], _ b: [Double]) -> Double { norm(zip(a, b).map { $0.0 - $0.1 }) / norm(b) }
}
