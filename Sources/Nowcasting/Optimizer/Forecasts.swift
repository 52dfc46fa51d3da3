import Tensors

/// Nowcasts of one history at all horizons that a search may look at, from one pass.
struct Forecasts {
    /// Shape [parameters] each.
    private let tensors: [Int: Tensor]

    /// - Throws: what the nowcaster throws.
    init(_ history: StateHistory, longest: Int, by nowcaster: any Nowcaster, graph: GraphInput?) throws {
        let horizons = Self.horizons(longest)
        let nowcasts = try nowcaster.nowcast(history, horizons: horizons, graph: graph)
        tensors = Dictionary(uniqueKeysWithValues: zip(horizons, nowcasts))
    }

    subscript(horizon: Int) -> Tensor { tensors[horizon]! }

    /// 1, 2, 3, 4, 6, 9, … states ahead.
    static func horizons(_ longest: Int) -> [Int] {
        var horizons = [1]
        while let last = horizons.last, case let next = last + max(1, last / 2), next <= longest {
            horizons.append(next)
        }
        return horizons
    }
}
