import NeuralGraphs
import Nowcasting
import Tensors

/// How good a network's predictions are on trajectories it has not seen. Source: nino-model.md 8 (1).
public struct MetaEvaluation: Codable, Sendable, Equatable {
    public struct Row: Codable, Sendable, Equatable {
        public let family: String
        /// Edge type of the parameters, or `all`.
        public let kind: String
        /// States ahead.
        public let horizon: Int
        /// Between predicted and true change.
        public let cosine: Double
        /// ‖predicted − true‖ / ‖true change‖; 1 is predicting no change.
        public let relativeError: Double
        /// ‖predicted change‖ / ‖true change‖.
        public let lengthRatio: Double
        /// Starting points that went into the means.
        public let samples: Int

        enum CodingKeys: String, CodingKey {
            case family, kind, horizon, cosine, samples
            case relativeError = "relative_error"
            case lengthRatio = "length_ratio"
        }
    }

    public static let allKinds = "all"

    public let rows: [Row]

    /// Evaluates on the held-out trajectories.
    ///
    /// - Parameter starts: starting points of each trajectory, spread evenly.
    /// - Throws: errors of reading; `NowcastError` for a graph that the network cannot take.
    public init(_ network: TrainableNetwork, on items: [TrajectoryLibrary.Item], starts: Int) throws {
        var sums: [Key: Sums] = [:]
        for item in items {
            try network.check(item.graph)
            let count = min(starts, item.startCount)
            let samples = try concurrently(count) { index in
                try item.sample(
                    start: count == 1 ? 0 : index * (item.startCount - 1) / (count - 1),
                    horizons: network.shape.horizons)
            }
            for (sample, changes) in zip(samples, network.changes(samples)) {
                for (kind, products) in Self.products(sample, changes) {
                    for horizon in 0..<sample.targetCount where products[horizon].truth > 0 {
                        sums[Key(family: item.family, kind: kind, horizon: horizon + 1), default: Sums()].add(
                            products[horizon])
                    }
                }
            }
        }
        rows = sums.map { key, sums in
            let count = Double(sums.count)
            return Row(
                family: key.family, kind: key.kind, horizon: key.horizon, cosine: sums.cosine / count,
                relativeError: sums.error / count,
                lengthRatio: sums.ratio / count, samples: sums.count)
        }.sorted { ($0.family, $0.kind, $0.horizon) < ($1.family, $1.kind, $1.horizon) }
    }

    /// Mean over families and horizons of the relative error of all parameters; nil without rows.
    public var meanRelativeError: Double? { mean(\.relativeError) }
    public var meanCosine: Double? { mean(\.cosine) }

    private func mean(_ measure: KeyPath<Row, Double>) -> Double? {
        let whole = rows.filter { $0.kind == Self.allKinds }
        return whole.isEmpty ? nil : whole.reduce(0) { $0 + $1[keyPath: measure] } / Double(whole.count)
    }

    private struct Key: Hashable {
        let family: String
        let kind: String
        let horizon: Int
    }

    private struct Sums {
        var (cosine, error, ratio) = (0.0, 0.0, 0.0)
        var count = 0

        mutating func add(_ products: Products) {
            let lengths = (products.prediction * products.truth).squareRoot()
            cosine += lengths > 0 ? products.mixed / lengths : 0
            error += (max(0, products.prediction - 2 * products.mixed + products.truth) / products.truth).squareRoot()
            ratio += (products.prediction / products.truth).squareRoot()
            count += 1
        }
    }

    /// Squared lengths of predicted and true change, and their product.
    private struct Products {
        var (prediction, truth, mixed) = (0.0, 0.0, 0.0)
    }

    /// By kind of parameter and horizon, in the parameters' own units.
    private static func products(_ sample: TrainingSample, _ changes: Tensor) -> [String: [Products]] {
        let horizons = sample.horizons
        let none = [Products](repeating: Products(), count: horizons)
        var byType = [[Products]](repeating: none, count: EdgeList.typeCount)
        sample.forEachChange(changes) { type, horizon, predicted, true_ in
            byType[type][horizon].prediction += predicted * predicted
            byType[type][horizon].truth += true_ * true_
            byType[type][horizon].mixed += predicted * true_
        }
        var result: [String: [Products]] = [:]
        var all = none
        for type in EdgeType.allCases where byType[type.rawValue].contains(where: { $0.truth > 0 }) {
            result["\(type)"] = byType[type.rawValue]
            for horizon in 0..<horizons {
                all[horizon].prediction += byType[type.rawValue][horizon].prediction
                all[horizon].truth += byType[type.rawValue][horizon].truth
                all[horizon].mixed += byType[type.rawValue][horizon].mixed
            }
        }
        result[allKinds] = all
        return result
    }
}
