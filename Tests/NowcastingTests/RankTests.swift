import Checkpoints
import Foundation
import NeuralGraphs
import Nowcasting
import Synchronization
import Tensors
import TestSupport
import Testing

/// Nowcasts that several ranks share: each is a thread here.
@Suite struct RankTests {
    private struct Case {
        let graph: NeuralGraph
        let history: StateHistory
        let network: StreamedNetwork

        init(seed: UInt64, width: Int = 32) throws {
            graph = try GraphBuilder.everyKind(seed: seed).graph()
            history = try SampleNetwork.history(graph.parameters, seed: seed)
            network = StreamedNetwork(
                try SampleNetwork.graph(SampleNetwork.graphWeights(width: width, seed: seed)))
        }

        /// The nowcasts that the ranks make together, each writing its part of one vector, and what each measured.
        func nowcast(
            on threads: RankThreads, _ nowcaster: (any Nowcaster)? = nil, sampler: EdgeSampler? = nil
        ) throws -> (values: [[Float]], measures: [[ChangeMeasure]]) {
            let horizons = [1, 3]
            let sinks = horizons.map { _ in VectorSink(graph.parameters) }
            let input = try GraphInput(graph)
            let results = threads.run { [history] ranks in
                try (nowcaster ?? network).nowcast(
                    history, horizons: horizons, graph: input, into: sinks,
                    options: NowcastOptions(sampler: sampler, ranks: ranks))
            }
            return (sinks.map(\.values.array), try results.map { try $0.get() })
        }
    }

    @Test(arguments: 1...6 as ClosedRange<UInt64>, 2...5)
    func anyNumberOfRanksGivesTheBitsOfOne(seed: UInt64, size: Int) throws {
        let sample = try Case(seed: seed)
        let (whole, measures) = try sample.nowcast(on: RankThreads(1))
        let threads = RankThreads(size)
        let found = try sample.nowcast(on: threads)
        #expect(found.values == whole)
        #expect(found.measures.allSatisfy { $0 == measures[0] })
        #expect(threads.bytesSent > 0)
    }

    @Test func someTilesLieWithSeveralRanks() throws {
        let oneSided = try (1...6).map { seed in
            let threads = RankThreads(4)
            _ = try Case(seed: UInt64(seed)).nowcast(on: threads)
            return threads.oneSided
        }
        #expect(oneSided.max()! > 0, "\(oneSided)")
    }

    @Test func sampledEdgesAreTheSameOnRanks() throws {
        let sample = try Case(seed: 3)
        let sampler = EdgeSampler(ratio: 0.4, seed: 5)
        let whole = try sample.nowcast(on: RankThreads(1), sampler: sampler)
        #expect(try sample.nowcast(on: RankThreads(3), sampler: sampler).values == whole.values)
        #expect(try sample.nowcast(on: RankThreads(3)).values != whole.values)
    }

    /// The twin: what ranks tell each other decides the result, message by message.
    @Test func aBitThatChangesOnTheWayShows() throws {
        let sample = try Case(seed: 2)
        let whole = try sample.nowcast(on: RankThreads(1)).values
        let threads = RankThreads(3)
        _ = try sample.nowcast(on: threads)
        var (tried, shown) = (0, 0)
        // At the end come the measures: sizes and contents of two lists, from each rank to each other one.
        for number in 0..<(threads.messageCount - 4 * 6) {
            // Rows and sums only: shorter messages say how long others are.
            let tampered = RankThreads(3) { message, bytes in
                if message == number, bytes.count >= 32 * 4 { bytes[2] ^= 0x40 }
            }
            guard let found = try? sample.nowcast(on: tampered).values else { continue }
            tried += 1
            if found != whole { shown += 1 }
        }
        #expect(shown > 3, "\(shown) of \(tried)")
    }

    @Test func otherMethodsShareTheirWorkToo() throws {
        let sample = try Case(seed: 4)
        let line = try SteppedCombiner(RankOneLine(), steps: [0, 10, 20, 30, 40])
        let others: [any Nowcaster] = [.lineFit, .average, line]
        for method in others {
            let whole = try sample.nowcast(on: RankThreads(1), method)
            let found = try sample.nowcast(on: RankThreads(4), method)
            #expect(found.values == whole.values && found.measures == (0..<4).map { _ in whole.measures[0] })
        }
    }

    @Test func anErrorOfOneRankEndsTheOthers() throws {
        struct Broken: StateSource {
            let history: StateHistory
            let rank: Int
            struct Failure: Error {}
            var parameters: ParameterList { history.parameters }
            func read(_ patch: ScalarPatch, state: Int, into output: UnsafeMutablePointer<Float>, stride: Int) throws {
                if rank == 1 { throw Failure() }
                history.read(patch, state: state, into: output, stride: stride)
            }
        }
        let sample = try Case(seed: 5)
        let input = try GraphInput(sample.graph)
        let results = RankThreads(3).run { ranks in
            try sample.network.nowcast(
                Broken(history: sample.history, rank: ranks.rank), horizons: [1], graph: input,
                into: [VectorSink(sample.graph.parameters)],
                options: NowcastOptions(ranks: ranks))
        }
        #expect(throws: Broken.Failure.self) { try results[1].get() }
        for rank in [0, 2] { #expect(throws: RankThreads.Abandoned.self) { try results[rank].get() } }
    }
}
