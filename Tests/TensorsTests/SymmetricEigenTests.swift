import Tensors
import TestSupport
import Testing

@Suite struct SymmetricEigenTests {
    @Test(arguments: [1, 2, 7, 40])
    func vectorsAreOrthonormalAndReproduceTheMatrix(size: Int) throws {
        var random = SeededGenerator(seed: UInt64(size))
        var matrix = random.floats(size * size).map(Double.init)
        for i in 0..<size { for j in 0..<i { matrix[i * size + j] = matrix[j * size + i] } }
        let eigen = try #require(SymmetricEigen(matrix, size: size))
        #expect(eigen.values == eigen.values.sorted())
        for i in 0..<size {
            for j in 0..<size {
                let product = zip(eigen.vectors[i], eigen.vectors[j]).reduce(0) { $0 + $1.0 * $1.1 }
                #expect(abs(product - (i == j ? 1 : 0)) < 1e-12)
                let entry = (0..<size).reduce(0) { $0 + eigen.values[$1] * eigen.vectors[$1][i] * eigen.vectors[$1][j] }
                #expect(abs(entry - matrix[i * size + j]) < 1e-12)
            }
        }
    }

    @Test func emptyMatrixHasNoVectors() {
        #expect(SymmetricEigen([], size: 0)?.values == [])
    }
}
