import Foundation
import NeuralGraphs
import Nowcasting
import Synchronization
import Tensors
import TestSupport
import Testing

/// These tests set the number of threads of the whole process; results of others must not depend on it.
@Suite(.serialized) struct DeterminismTests {
    private func bits(_ tensor: Tensor) -> [UInt32] { tensor.array.map(\.bitPattern) }

    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func bitsDoNotDependOnTheNumberOfThreads(seed: UInt64) throws {
        let graph = try GraphBuilder.everyKind(seed: seed).graph()
        let history = try SampleNetwork.history(graph.parameters, seed: seed)
        let input = try GraphInput(graph)
        let before = Parallel.threads
        defer { Parallel.threads = before }
        for network in [
            try SampleNetwork.graph(SampleNetwork.graphWeights(width: 32, seed: seed)),
            try SampleNetwork.scalar(SampleNetwork.scalarWeights(width: 32, seed: seed)),
        ] {
            let nowcaster = network.nowcaster()
            Parallel.threads = 1
            let one = bits(try nowcaster.nowcast(history, horizon: 2, graph: input))
            for threads in [2, 3, 8] {
                Parallel.threads = threads
                let agrees = bits(try nowcaster.nowcast(history, horizon: 2, graph: input)) == one
                #expect(agrees, "\(threads) threads")
            }
            // The twin: another input gives other bits.
            let other = try StateHistory(history.states.reversed(), parameters: graph.parameters)
            let differs = bits(try nowcaster.nowcast(other, horizon: 2, graph: input)) != one
            #expect(differs)
        }
    }

    /// States delivered scalar by scalar, and a result collected scalar by scalar.
    private final class Slow: StateSource, NowcastSink {
        let parameters: ParameterList
        let history: StateHistory
        private let output: Mutex<[Int: Float]> = Mutex([:])
        private let doubles = Atomic<Int>(0)

        init(_ history: StateHistory) {
            (self.history, self.parameters) = (history, history.parameters)
        }

        func read(_ patch: ScalarPatch, state: Int, into output: UnsafeMutablePointer<Float>, stride: Int) {
            forEach(patch) { output[$0 * stride + $1] = history.states[state].values[$2] }
        }

        func write(_ patch: ScalarPatch, from values: UnsafePointer<Float>, stride: Int) {
            forEach(patch) { row, column, index in
                output.withLock {
                    if $0.updateValue(values[row * stride + column], forKey: index) != nil {
                        doubles.add(1, ordering: .relaxed)
                    }
                }
            }
        }

        private func forEach(_ patch: ScalarPatch, _ body: (Int, Int, Int) -> Void) {
            for row in 0..<patch.rows {
                for column in 0..<patch.columns {
                    body(
                        row, column,
                        parameters.entries[patch.parameter].offset + patch.first + row * patch.rowStride + column
                            * patch.columnStride)
                }
            }
        }

        var result: (values: [Int: Float], writtenTwice: Int) {
            (output.withLock { $0 }, doubles.load(ordering: .relaxed))
        }
    }

    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func anySourceAndSinkGiveTheSameBitsAndEveryScalarIsWrittenOnce(seed: UInt64) throws {
        let graph = try GraphBuilder.everyKind(seed: seed).graph()
        let history = try SampleNetwork.history(graph.parameters, seed: seed)
        let input = try GraphInput(graph)
        let network = StreamedNetwork(try SampleNetwork.graph(SampleNetwork.graphWeights(seed: seed)))
        let expected = try network.nowcast(history, horizon: 2, graph: input).array
        let slow = Slow(history)
        _ = try network.nowcast(slow, horizons: [2], graph: input, into: [slow], options: NowcastOptions())
        let result = slow.result
        #expect(result.writtenTwice == 0)
        let agrees = (0..<history.count).map { result.values[$0]?.bitPattern } == expected.map(\.bitPattern)
        #expect(agrees)
    }
}
