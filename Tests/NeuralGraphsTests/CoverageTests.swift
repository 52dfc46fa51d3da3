import NeuralGraphs
import TestSupport
import Testing

/// The proof that every scalar lies on an edge, against marking the scalars one by one.
@Suite struct CoverageTests {
    /// One tensor laid down in random rectangles of rows and columns, some left out.
    private struct Tiling {
        var builder = GraphBuilder()
        var marked: [Bool]

        init(seed: UInt64) {
            var random = SeededGenerator(seed: seed)
            let (rows, columns, inner) = (
                Int.random(in: 1...9, using: &random), Int.random(in: 1...9, using: &random),
                Int.random(in: 1...3, using: &random)
            )
            marked = [Bool](repeating: false, count: rows * columns * inner)
            let parameter = builder.parameter("w", [rows, columns, inner])
            let other = builder.nodes("other", 1)
            for band in Self.cuts(rows, &random) {
                for piece in Self.cuts(columns, &random) where Int.random(in: 0..<12, using: &random) > 0 {
                    let (from, to) = (builder.nodes("r", band.count), builder.nodes("c", piece.count))
                    let offset = (band.lowerBound * columns + piece.lowerBound) * inner
                    builder.edges(
                        parameter, .linear, from, to, offset: offset, fromLevels: [(band.count, columns * inner)],
                        toLevels: [(piece.count, inner)],
                        slots: inner)
                    for row in band {
                        for column in piece {
                            for k in 0..<inner { marked[(row * columns + column) * inner + k] = true }
                        }
                    }
                }
            }
            let last = builder.nodes("last", 1)
            builder.linear("rest", other, last)
        }

        private static func cuts(_ count: Int, _ random: inout SeededGenerator) -> [Range<Int>] {
            var edges: Set<Int> = [0, count]
            for _ in 0..<Int.random(in: 0...2, using: &random) {
                edges.insert(Int.random(in: 0...count, using: &random))
            }
            let sorted = edges.sorted()
            return zip(sorted, sorted.dropFirst()).map { $0..<$1 }
        }
    }

    @Test func proofAgreesWithMarkingEveryScalar() {
        var gaps = 0
        for seed in 1...600 as ClosedRange<UInt64> {
            let tiling = Tiling(seed: seed)
            if let gap = tiling.marked.firstIndex(of: false) {
                gaps += 1
                #expect(throws: NeuralGraphError.scalarOnNoEdge(parameter: "w", scalar: gap)) {
                    try tiling.builder.graph()
                }
            } else {
                #expect(throws: Never.self) { try tiling.builder.graph() }
            }
        }
        // Both answers must occur, or the test could not fail.
        #expect(gaps > 60 && gaps < 540)
    }

    @Test func hostileStridesAreRefusedSoon() {
        // Dozens of levels of one tensor, none of which continues another.
        var builder = GraphBuilder()
        let tensor = builder.parameter("w", [1 << 40])
        let a = builder.nodes("a", 1 << 10), b = builder.nodes("b", 1 << 10)
        for block in 0..<40 {
            let from = (0..<10).map { (2, 3 * (1 << ($0 + 12)) + block) }, to = (0..<10).map { (2, (1 << $0) + block) }
            builder.edges(tensor, .linear, a, b, offset: block, fromLevels: from, toLevels: to)
        }
        #expect(throws: NeuralGraphError.self) { try builder.graph() }
    }
}
