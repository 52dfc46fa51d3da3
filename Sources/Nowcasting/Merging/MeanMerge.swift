/// The mean of the models, whatever their base. Source: model soups (Wortsman et al. 2022, arXiv 2203.05482).
public struct MeanMerge: Merger {
    public let name = "mean"

    public init() {}

    public func merge(
        _ source: some StateSource, models: Int, graph: GraphInput?, into sink: any NowcastSink,
        options: NowcastOptions
    ) throws {
        let coefficients = [[0] + [Double](repeating: 1 / Double(models), count: models)]
        _ = try StateCombination { _ in coefficients }.run(source, into: [sink], options)
    }
}
