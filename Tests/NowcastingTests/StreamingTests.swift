import Checkpoints
import Foundation
import NeuralGraphs
import Nowcasting
import Synchronization
import TestSupport
import Testing

/// Nowcasts from files to files against nowcasts in memory.
@Suite struct StreamingTests {
    /// A graph with every kind of edge, its history on disk as `dtype`, and what the files then hold.
    private struct Case {
        let folder = TemporaryFolder()
        let graph: NeuralGraph
        let files: History
        let memory: StateHistory
        var out: String { folder + "out.safetensors" }

        init(seed: UInt64, dtype: DType = .f32, change: (inout [Float]) -> Void = { _ in }) throws {
            let graph = try GraphBuilder.everyKind(seed: seed).graph()
            self.graph = graph
            var states = try SampleNetwork.history(graph.parameters, seed: seed).states.map(\.array)
            change(&states[2])
            for (t, state) in states.enumerated() {
                let tensors = graph.parameters.entries.map { TensorInfo(name: $0.name, dtype: dtype, shape: $0.shape) }
                let writer = try SafetensorsWriter(folder + "\(t).safetensors", tensors: tensors)
                for tensor in writer.tensors {
                    try writer.write(Array(state[graph.parameters[tensor.name]!.range]), to: tensor.name)
                }
                try writer.commit()
            }
            files = try History(opening: (0..<5).map { [folder] in folder + "\($0).safetensors" })
            let read = try files.states.map { file in try graph.parameters.entries.flatMap { try file.floats($0.name) }
            }
            memory = try StateHistory(read, parameters: graph.parameters)
        }

        var names: [String] { graph.parameters.entries.map(\.name) }

        /// - Returns: the bytes of the file written.
        func step(
            _ network: StreamedNetwork, horizons: [Int] = [2], resuming: Bool = false, fingerprint: String = "same",
            observer: (any NowcastObserver)? = nil
        ) throws -> ([ChangeMeasure], [[UInt8]]) {
            let journal = FileJournal(
                output: out, fingerprint: fingerprint, horizons: horizons.count, resuming: resuming, pause: 0)
            let paths = horizons.map { horizons.count == 1 ? out : "\(out)-\($0)" }
            let assemblers = try paths.map {
                try CheckpointAssembler($0, layout: files.newest.layout, continuing: journal.continues)
            }
            let sinks = assemblers.map { file in FileSink(file, names: names.map { [$0] }) }
            let isIntact = sinks.enumerated().allSatisfy { $1.holds(journal.written(horizon: $0)) }
            journal.begin(continuing: journal.continues && assemblers.allSatisfy(\.continues) && isIntact) {
                () throws(CheckpointError) in
                for file in assemblers { try file.flush() }
            } takeWritten: {
                sinks.map { $0.takeWritten() }
            }
            let source = FileHistory(files, names: names, parameters: graph.parameters)
            let options = NowcastOptions(observer: observer, journal: journal)
            let measures = try network.nowcast(
                source, horizons: horizons, graph: GraphInput(graph), into: sinks, options: options)
            for file in assemblers { try file.commit() }
            journal.remove()
            return (measures, paths.map { TemporaryFolder.bytes(of: $0) })
        }
    }

    private func form(seed: UInt64, width: Int = 32) throws -> StreamedNetwork {
        StreamedNetwork(try SampleNetwork.graph(SampleNetwork.graphWeights(width: width, seed: seed)))
    }

    @Test(arguments: [DType.f32, .bf16, .f16, .f64], 1...3 as ClosedRange<UInt64>)
    func filesGiveWhatMemoryGives(dtype: DType, seed: UInt64) throws {
        let sample = try Case(seed: seed, dtype: dtype)
        let form = try form(seed: seed)
        let measure = try sample.step(form).0[0]
        let expected = try form.nowcast(sample.memory, horizon: 2, graph: GraphInput(sample.graph)).array
        let found = try Checkpoint(opening: sample.out)
        for entry in sample.graph.parameters.entries {
            let values = Array(expected[entry.range])
            let written =
                dtype == .bf16
                ? values.map { HalfPrecision.float(bf16: HalfPrecision.bf16($0)) }
                : dtype == .f16 ? values.map { HalfPrecision.float(f16: HalfPrecision.f16($0)) } : values
            #expect(try found.floats(entry.name) == written)
        }
        #expect(sample.folder.contents.filter { $0.hasPrefix(".") } == [])
        // The measure is that of the numbers before they were narrowed.
        let newest = sample.memory.states[4].array
        let change = zip(expected, newest).reduce(0.0) { $0 + Double($1.0 - $1.1) * Double($1.0 - $1.1) }
        let length = newest.reduce(0.0) { $0 + Double($1) * Double($1) }
        #expect(abs(measure.relative - (change / length).squareRoot()) < 1e-5)
    }

    @Test func aNumberThatIsNotFiniteIsNamed() throws {
        let sample = try Case(seed: 4) { $0[5] = .nan }
        let (entry, form) = (sample.graph.parameters.entry(containing: 5)!, try form(seed: 4))
        #expect(
            throws: CheckpointError.notFinite(
                file: sample.files.states[2].path, tensor: entry.name, index: 5 - entry.offset, found: "nan")
        ) {
            try sample.step(form)
        }
    }

    /// Stops a nowcast after some tasks.
    private final class Stopper: NowcastObserver {
        private let left: Atomic<Int>
        init(after tasks: Int) { left = Atomic(tasks) }
        func began(_ pass: NowcastPass, edges: Int) {}
        func finished(edges: Int, of pass: NowcastPass) { left.subtract(1, ordering: .relaxed) }
        var isStopped: Bool { left.load(ordering: .relaxed) <= 0 }
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>, [[2], [1, 3, 6]])
    func aStepStoppedAnywhereGoesOnToTheSameBits(seed: UInt64, horizons: [Int]) throws {
        let form = try form(seed: seed)
        let (measure, whole) = try Case(seed: seed).step(form, horizons: horizons)
        #expect(whole.count == horizons.count && Set(whole).count == whole.count)
        let sample = try Case(seed: seed)
        var (stops, tasks) = (0, 1)
        while true {
            do {
                let (found, bytes) = try sample.step(
                    form, horizons: horizons, resuming: true, observer: Stopper(after: tasks))
                #expect(bytes == whole)
                #expect(found == measure)
                break
            } catch NowcastError.stopped {
                stops += 1
                tasks += 3
                #expect(!FileManager.default.fileExists(atPath: sample.out))
            }
        }
        #expect(stops > 2)
        #expect(sample.folder.contents.filter { $0.hasPrefix(".") } == [])
    }

    @Test func whatIsDoneIsNotDoneAgainButForOtherInputs() throws {
        final class Counter: NowcastObserver {
            let edges = Atomic<Int>(0)
            func began(_ pass: NowcastPass, edges: Int) {}
            func finished(edges: Int, of pass: NowcastPass) { self.edges.add(edges, ordering: .relaxed) }
            var isStopped: Bool { false }
        }
        let form = try form(seed: 6)
        func edges(fingerprint: String, resuming: Bool) throws -> Int {
            let sample = try Case(seed: 6)
            let all = Counter()
            _ = try sample.step(form, observer: all)
            // Everything but the last few tasks.
            #expect(throws: NowcastError.stopped) {
                try sample.step(form, resuming: true, observer: Stopper(after: 40))
            }
            let rest = Counter()
            _ = try sample.step(form, resuming: resuming, fingerprint: fingerprint, observer: rest)
            #expect(rest.edges.load(ordering: .relaxed) <= all.edges.load(ordering: .relaxed))
            return all.edges.load(ordering: .relaxed) - rest.edges.load(ordering: .relaxed)
        }
        #expect(try edges(fingerprint: "same", resuming: true) > 0)
        #expect(try edges(fingerprint: "other", resuming: true) == 0)
        #expect(try edges(fingerprint: "same", resuming: false) == 0)
    }
}
