import Synchronization
import Tensors
import Testing

@Suite(.serialized) struct ParallelTests {
    @Test(arguments: [1, 2, 5])
    func everyIndexIsVisitedOnce(threads: Int) {
        let before = Parallel.threads
        defer { Parallel.threads = before }
        Parallel.threads = threads
        let visits = Tensor(shape: [1000])
        Parallel.forEach(1000) { visits.values[$0] += 1 }
        #expect(visits.array == Array(repeating: 1, count: 1000))
    }

    @Test func rangesCoverTheWholeOnce() {
        let visits = Tensor(shape: [103])
        Parallel.forEachRange(103, tile: 10) { range in for index in range { visits.values[index] += 1 } }
        #expect(visits.array == Array(repeating: 1, count: 103))
    }

    @Test func noIndexIsVisitedOfNone() {
        let count = Atomic<Int>(0)
        Parallel.forEach(0) { _ in count.add(1, ordering: .relaxed) }
        #expect(count.load(ordering: .relaxed) == 0)
    }

    @Test func innerLoopSeesOnlyWorkerZero() {
        let others = Atomic<Int>(0)
        Parallel.forEach(4) { _ in
            Parallel.forEachWithWorker(100) { _, worker in
                if worker != 0 { others.add(1, ordering: .relaxed) }
            }
        }
        #expect(others.load(ordering: .relaxed) == 0)
    }
}
