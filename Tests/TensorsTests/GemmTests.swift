import CKernels
import Foundation
import Tensors
import TestSupport
import Testing

@Suite struct GemmTests {
    struct Case: Sendable {
        let m, n, k: Int
        let transposeA, transposeB: Bool
    }

    static let cases = [(3, 4, 5), (1, 7, 2), (200, 130, 90), (40, 700, 64)].flatMap { m, n, k in
        [false, true].flatMap { a in [false, true].map { Case(m: m, n: n, k: k, transposeA: a, transposeB: $0) } }
    }

    /// Relative to sums of k products of numbers below 1: 90 of them err by at most about 90 · 6e-8.
    static let tolerance = 1e-5

    @Test(arguments: cases)
    func agreesWithTheDefinition(_ example: Case) {
        let (m, n, k) = (example.m, example.n, example.k)
        let a = randomTensor([m * k], seed: 1), b = randomTensor([k * n], seed: 2), c = randomTensor([m * n], seed: 3)
        let old = c.array
        var expected = [Double](repeating: 0, count: m * n)
        for i in 0..<m {
            for j in 0..<n {
                var sum = 0.0
                for l in 0..<k {
                    sum +=
                        Double(a.values[example.transposeA ? l * m + i : i * k + l])
                        * Double(b.values[example.transposeB ? j * k + l : l * n + j])
                }
                expected[i * n + j] = 0.5 * sum + 2 * Double(old[i * n + j])
            }
        }
        gemm(
            transposeA: example.transposeA, transposeB: example.transposeB, m: m, n: n, k: k, alpha: 0.5,
            a.address, lda: example.transposeA ? m : k, b.address, ldb: example.transposeB ? k : n, beta: 2, c.address,
            ldc: n)
        #expect(largestDifference(c.array, expected) < Self.tolerance)
        // The twin: the tolerance would notice one missing product.
        expected[0] += 0.01
        #expect(largestDifference(c.array, expected) > Self.tolerance)
    }

    @Test func betaZeroOverwritesWhatIsNotANumber() {
        let a = Tensor(shape: [1, 1], values: [2]), b = Tensor(shape: [1, 1], values: [3]),
            c = Tensor(shape: [1], values: [.nan])
        gemm(m: 1, n: 1, k: 1, a.address, lda: 1, b.address, ldb: 1, c.address, ldc: 1)
        #expect(c.array == [6])
    }

    @Test func leadingDimensionsSkipWhatLiesBetweenRows() {
        let a = Tensor(shape: [2, 3], values: [1, 2, 9, 3, 4, 9]), b = Tensor(shape: [2, 2], values: [1, 0, 0, 1])
        let c = Tensor(shape: [2, 3], values: [7, 7, 7, 7, 7, 7])
        gemm(m: 2, n: 2, k: 2, a.address, lda: 3, b.address, ldb: 2, c.address, ldc: 3)
        #expect(c.array == [1, 2, 7, 3, 4, 7])
    }

    /// OpenBLAS takes its oldest kernels for a processor that is newer than itself.
    @Test(arguments: [
        ("Prescott", "x86-64-v4", "SkylakeX"), ("Prescott", "x86-64-v3", "Haswell"), ("Prescott", "baseline", nil),
        ("Zen", "x86-64-v3", nil), ("SkylakeX", "x86-64-v4", nil),
    ]) func theOldestKernelsAreForTheOldestProcessors(chosen: String, instructionSet: String, better: String?) {
        #expect(nino_better_core(chosen, instructionSet).map { String(cString: $0) } == better)
    }

    @Test func thisProcessorHasKernelsOfItsTime() {
        guard ProcessInfo.processInfo.environment["OPENBLAS_CORETYPE"] == nil else { return }
        #expect(nino_better_core(productKernels, nino_instruction_set()) == nil, "\(productKernels)")
    }
}
