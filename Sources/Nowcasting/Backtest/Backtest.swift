import NeuralGraphs
import Tensors

/// Forecasts known states of a run from those before them, and says how near the forecasts come.
///
/// Methods that sum states need one pass over them, for all origins and horizons: products of their changes tell
/// everything. Networks make one nowcast a state that has four others before it.
public struct Backtest: Sendable {
    /// Of the states, rising.
    public let steps: [Int]
    /// In states, rising.
    public let horizons: [Int]
    /// Whether forecasts are made once more from the means of the weights over the steps between the states.
    public let hasMeans: Bool

    /// Behind a method's name where it forecasts from these means.
    public static let ofMeans = "-of-means"
    /// Five that a forecast is made from, and one to compare it with.
    public static let fewestStates = StateHistory.contextLength + 1
    /// Methods that need no graph.
    public static let combiners: [any StateCombiner] = [
        StateAverage(states: 2), StateAverage(), LineFit(), FittedLine(), RankOneLine(),
    ]

    /// - Parameters:
    ///   - horizons: nil for 1, 2, 4, …, as far as there are states to compare with.
    ///   - hasMeans: true if behind the states the source has as many means: each of the weights over the steps since
    ///     the state before.
    /// - Throws: `setting` for fewer than six states, steps that do not rise, or horizons beyond the states.
    public init(steps: [Int], horizons: [Int]? = nil, hasMeans: Bool = false) throws(NowcastError) {
        let farthest = steps.count - StateHistory.contextLength
        guard farthest >= 1 else {
            throw .setting(name: "states", expected: "at least \(Self.fewestStates)", found: "\(steps.count)")
        }
        guard zip(steps, steps.dropFirst()).allSatisfy(<) else {
            let found = steps.map(String.init).joined(separator: ",")
            throw .setting(name: "steps", expected: "rising numbers", found: found)
        }
        (self.steps, self.hasMeans) = (steps, hasMeans)
        let doubled = (0..<Int.bitWidth - 1).map { 1 << $0 }.prefix { $0 <= farthest }
        self.horizons = Set(horizons ?? Array(doubled)).sorted()
        if let wrong = self.horizons.first(where: { !(1...farthest).contains($0) }) {
            throw .setting(
                name: "horizon", expected: "1 to \(farthest), as there are \(steps.count) states", found: "\(wrong)")
        }
        guard !self.horizons.isEmpty else {
            throw .setting(name: "horizon", expected: "at least one", found: "none")
        }
    }

    /// True if the states are equally far apart, as networks expect.
    public var isEven: Bool { Set(zip(steps.dropFirst(), steps).map { $0 &- $1 }).count == 1 }

    /// - Parameters:
    ///   - source: as many states as there are steps, oldest first; behind them their means, if there are any.
    ///   - networks: methods that look at five states, at their own scale; of two with one name the second gets a
    ///     number behind it, and a combiner is left out.
    ///   - graph: of the model, for those that need it.
    ///   - receiver: gets each forecast; then methods that sum states make theirs too, a pass for every state.
    /// - Throws: `setting` for networks and uneven steps; what nowcasts, source and receiver throw.
    public func run(
        _ source: some StateSource, combiners: [any StateCombiner] = Backtest.combiners,
        networks: [any Nowcaster] = [], graph: GraphInput? = nil, receiver: (any ForecastReceiver)? = nil,
        options: NowcastOptions = NowcastOptions()
    ) throws -> BacktestResult {
        guard networks.isEmpty || isEven else {
            throw NowcastError.setting(
                name: "steps", expected: "equal distances, for \(networks[0].name)",
                found: steps.map(String.init).joined(separator: ","))
        }
        let products = try ChangeProducts(source, states: stateCount, options)
        let losses = try receiver.map { receiver in try steps.indices.map { try receiver.loss(ofState: $0) } } ?? []
        let networks = Self.named(networks.filter { !($0 is any StateCombiner) }, beside: combiners)
        var (forecasts, averages): ([Forecast], [String]) = ([], [])
        for basis in bases {
            for combiner in basis.combiners(combiners) {
                if !combiner.looksAhead { averages.append(combiner.name + basis.suffix) }
                forecasts += try combined(combiner, basis, products, source, receiver, options)
            }
            for (name, network) in networks {
                forecasts += try predicted(network, name, basis, source, graph, receiver, options)
            }
        }
        return BacktestResult(
            steps: steps, parameters: source.parameters.count, averages: averages, distances: distances(products),
            losses: losses, forecasts: forecasts)
    }

    /// Of two with one name the second gets a number behind it.
    private static func named(_ networks: [any Nowcaster], beside combiners: [any StateCombiner])
        -> [(name: String, network: any Nowcaster)]
    {
        var names = combiners.map(\.name)
        return networks.map { network in
            let same = names.count { $0 == network.name || $0.hasPrefix(network.name + "-") }
            names.append(same == 0 ? network.name : "\(network.name)-\(same + 1)")
            return (names[names.count - 1], network)
        }
    }

    /// What forecasts are made from: the states, or their means.
    private struct Basis {
        /// Its oldest, as the source counts.
        let first: Int
        /// Behind a method's name.
        let suffix: String

        /// The newest of the means is a forecast by itself.
        func combiners(_ given: [any StateCombiner]) -> [any StateCombiner] {
            first == 0 ? given : [StateAverage(states: 1)] + given
        }
    }

    private var bases: [Basis] {
        let states = Basis(first: 0, suffix: "")
        return hasMeans ? [states, Basis(first: steps.count, suffix: Self.ofMeans)] : [states]
    }

    /// Of the source.
    private var stateCount: Int { steps.count * bases.count }

    /// States that some forecast starts from, with the horizons that lead to a known state.
    ///
    /// - Parameter longest: of the horizons; nil for combiners, which see all the states.
    private func origins(longest: Int?) -> [(newest: Int, horizons: [Int])] {
        ((StateHistory.contextLength - 1)..<(steps.count - 1)).compactMap { newest in
            let inside = horizons.filter { newest + $0 < steps.count && $0 <= longest ?? .max }
            return inside.isEmpty ? nil : (newest, inside)
        }
    }

    private func combined(
        _ combiner: any StateCombiner, _ basis: Basis, _ products: ChangeProducts, _ source: some StateSource,
        _ receiver: (any ForecastReceiver)?, _ options: NowcastOptions
    ) throws -> [Forecast] {
        let (times, method) = (steps.map(Double.init), combiner.name + basis.suffix)
        return try origins(longest: nil).flatMap { newest, horizons in
            let known = Array(times.prefix(newest + 1))
            // [parameters][horizons][states].
            let coefficients = products.matrices.indices.map { parameter in
                let own = products.among(basis.first...(basis.first + newest), of: parameter)
                return horizons.map { combiner.coefficients(times: known, products: own, at: times[newest + $0]) }
            }
            let names = horizons.map { ForecastName(method: method, newest: newest, target: newest + $0) }
            let measures = names.indices.map { index in
                coefficients.indices.reduce(ForecastMeasure()) { sum, parameter in
                    sum + measure(coefficients[parameter][index], basis, names[index], products, parameter)
                }
            }
            guard let receiver else { return zip(names, measures).map { Forecast(name: $0, measure: $1, loss: nil) } }
            let sinks = try names.map(receiver.sink)
            _ = try StateCombination { coefficients[$0] }.run(
                StateWindow(source: source, first: basis.first), into: sinks, options)
            return try zip(names, measures).map {
                Forecast(name: $0, measure: $1, loss: try receiver.finished($0))
            }
        }
    }

    /// Of one tensor.
    private func measure(
        _ coefficients: [Double], _ basis: Basis, _ name: ForecastName, _ products: ChangeProducts, _ parameter: Int
    ) -> ForecastMeasure {
        var forecast = [Double](repeating: 0, count: stateCount)
        forecast.replaceSubrange(basis.first..<(basis.first + coefficients.count), with: coefficients)
        var error = forecast
        error[name.target] -= 1
        forecast[name.newest] -= 1
        let truth = change(from: name.newest, to: name.target)
        return ForecastMeasure(
            error: products.square(error, of: parameter), predicted: products.square(forecast, of: parameter),
            truth: products.square(truth, of: parameter),
            product: products.product(forecast, truth, of: parameter))
    }

    private func change(from first: Int, to second: Int) -> [Double] {
        var weights = [Double](repeating: 0, count: stateCount)
        (weights[first], weights[second]) = (-1, 1)
        return weights
    }

    private func predicted(
        _ network: any Nowcaster, _ name: String, _ basis: Basis, _ source: some StateSource, _ graph: GraphInput?,
        _ receiver: (any ForecastReceiver)?, _ options: NowcastOptions
    ) throws -> [Forecast] {
        try origins(longest: network.longestHorizon).flatMap { newest, horizons in
            let names = horizons.map {
                ForecastName(method: name + basis.suffix, newest: newest, target: newest + $0)
            }
            let sinks = try names.map {
                ForecastSink(source, newest: newest, target: $0.target, next: try receiver?.sink(for: $0))
            }
            _ = try network.nowcast(
                StateWindow(source: source, first: basis.first + newest + 1 - StateHistory.contextLength),
                horizons: horizons, graph: graph, into: sinks, options: options)
            return try zip(names, sinks).map {
                Forecast(name: $0, measure: $1.measure, loss: try receiver?.finished($0))
            }
        }
    }

    /// Squared, over all scalars: [states][states].
    private func distances(_ products: ChangeProducts) -> [[Double]] {
        steps.indices.map { i in
            steps.indices.map { j in
                guard i != j else { return 0 }
                let way = change(from: i, to: j)
                return products.matrices.indices.reduce(0) { $0 + products.square(way, of: $1) }
            }
        }
    }
}
