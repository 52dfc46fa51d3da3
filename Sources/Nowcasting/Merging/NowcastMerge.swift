import NeuralGraphs

/// The mean of nowcasts of base and models as five states, some states ahead. Two models A and B stand as base, A, B,
/// B, A, three as base, A, B, B, C, four as they are. Source: the authors' merge_vit.py, which takes the mean over 1 to
/// 5 states.
public struct NowcastMerge: Merger {
    public let nowcaster: any Nowcaster
    /// States that it looks ahead; the result is the mean of them.
    public let horizons: [Int]

    public var name: String { nowcaster.name }

    public static let usualHorizons = [1, 2, 3, 4, 5]
    /// By the number of models.
    private static var orders: [Int: [Int]] { [2: [0, 1, 2, 2, 1], 3: [0, 1, 2, 2, 3], 4: [0, 1, 2, 3, 4]] }

    public init(_ nowcaster: any Nowcaster, horizons: [Int] = usualHorizons) {
        (self.nowcaster, self.horizons) = (nowcaster, horizons)
    }

    public func merge(
        _ source: some StateSource, models: Int, graph: GraphInput?, into sink: any NowcastSink,
        options: NowcastOptions
    ) throws {
        guard let order = Self.orders[models] else {
            throw NowcastError.setting(name: "models", expected: "2 to 4, for \(name)", found: "\(models)")
        }
        let mean = MeanOfSinks(horizons.count, into: sink)
        _ = try nowcaster.nowcast(
            Ordered(source: source, order: order), horizons: horizons, graph: graph,
            into: horizons.map { _ in mean }, options: options)
    }

    /// Base and models as five states.
    private struct Ordered<Source: StateSource>: StateSource {
        let source: Source
        let order: [Int]

        var parameters: ParameterList { source.parameters }

        func read(_ patch: ScalarPatch, state: Int, into output: UnsafeMutablePointer<Float>, stride: Int) throws {
            try source.read(patch, state: order[state], into: output, stride: stride)
        }
    }
}
