/// Base + λ Σ (model − base). Source: task arithmetic (Ilharco et al. 2023, arXiv 2212.04089).
public struct TaskArithmetic: Merger {
    public let name = "arithmetic"
    /// λ.
    public let weight: Double

    /// Of the paper's merges of many tasks.
    public static let usualWeight = 0.4

    public init(weight: Double = usualWeight) {
        self.weight = weight
    }

    public func merge(
        _ source: some StateSource, models: Int, graph: GraphInput?, into sink: any NowcastSink,
        options: NowcastOptions
    ) throws {
        let coefficients = [[1 - Double(models) * weight] + [Double](repeating: weight, count: models)]
        _ = try StateCombination { _ in coefficients }.run(source, into: [sink], options)
    }
}
