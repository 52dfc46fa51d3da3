/// Steps to the target for several nowcasters and seeds, with means and the ratio to the base optimizer alone.
///
/// A run that never reached its target counts with its whole budget and is marked; every mean and ratio that such a run
/// went into is marked as a bound.
public struct ComparisonTable: Sendable, Equatable {
    /// What a mean or a ratio says about the true one.
    public enum Bound: Sendable, Equatable {
        case exact
        /// The true value is this or more: the row's own runs stopped short of the target.
        case atLeast
        /// The true value is this or less: the baseline's runs did.
        case atMost
        /// Both did: the value says nothing certain.
        case unknown

        var mark: String {
            switch self {
            case .exact: ""
            case .atLeast: "≥ "
            case .atMost: "≤ "
            case .unknown: "≈ "
            }
        }

        var words: String {
            switch self {
            case .exact: ""
            case .atLeast: "at least "
            case .atMost: "at most "
            case .unknown: "about "
            }
        }
    }

    public struct Cell: Sendable, Equatable {
        public let seed: UInt64
        /// Steps to the target, or the budget when it was not reached.
        public let steps: Int
        public let reached: Bool
        /// The step at which the run diverged, if it did.
        public let divergedAtStep: Int?
    }

    public struct Row: Sendable, Equatable {
        public let nowcaster: String
        /// One a seed, in the order of `seeds`; nil where the run is missing.
        public let cells: [Cell?]
        public let mean: Double
        public let meanBound: Bound
        /// Mean steps divided by the baseline's, over the seeds that both have; nil without a baseline.
        public let ratio: Double?
        public let ratioBound: Bound
        /// Mean over the seeds of the best metric.
        public let meanBest: Double?
        /// Optimizer steps a second of wall time, evaluations included, over all seeds.
        public let stepsPerSecond: Double

        public var reachedCount: Int {
            cells.count { $0?.reached == true }
        }
    }

    public let seeds: [UInt64]
    public let rows: [Row]

    /// - Parameters:
    ///   - all: at most one for a nowcaster and seed; rows and seeds keep the order of first appearance. Runs that are
    ///     not finished say nothing of their steps to the target and are left out.
    ///   - baseline: label of the row that ratios refer to.
    public init(_ all: [RunResult], baseline: String = RunResult.baseline) {
        let results = all.filter(\.isFinished)
        let seeds = results.map(\.seed).distinct()
        let baselineCells = Self.cells(of: baseline, in: results, seeds: seeds)
        self.seeds = seeds
        rows = results.map(\.nowcaster).distinct().map { label in
            let runs = results.filter { $0.nowcaster == label }
            let cells = Self.cells(of: label, in: results, seeds: seeds)
            let own = cells.compactMap { $0 }
            let (ratio, ratioBound) = Self.ratio(of: cells, to: baselineCells, isBaseline: label == baseline)
            let best = runs.compactMap(\.best)
            return Row(
                nowcaster: label, cells: cells, mean: mean(own.map(\.steps)),
                meanBound: own.allSatisfy(\.reached) ? .exact : .atLeast, ratio: ratio, ratioBound: ratioBound,
                meanBest: best.isEmpty ? nil : best.reduce(0, +) / Double(best.count),
                stepsPerSecond: Double(runs.map(\.steps).reduce(0, +)) / max(runs.map(\.seconds).reduce(0, +), 1e-9))
        }
    }

    private static func cells(of label: String, in results: [RunResult], seeds: [UInt64]) -> [Cell?] {
        seeds.map { seed in
            results.first { $0.nowcaster == label && $0.seed == seed }.map {
                Cell(
                    seed: seed, steps: $0.stepsToTarget ?? $0.budget, reached: $0.stepsToTarget != nil,
                    divergedAtStep: $0.divergedAtStep)
            }
        }
    }

    private static func ratio(of cells: [Cell?], to baseline: [Cell?], isBaseline: Bool) -> (Double?, Bound) {
        let pairs = zip(cells, baseline).compactMap { own, base in
            own.flatMap { own in base.map { (own: own, base: $0) } }
        }
        guard !pairs.isEmpty else { return (nil, .exact) }
        let ratio = mean(pairs.map(\.own.steps)) / mean(pairs.map(\.base.steps))
        if isBaseline { return (ratio, .exact) }
        switch (pairs.allSatisfy(\.own.reached), pairs.allSatisfy(\.base.reached)) {
        case (true, true): return (ratio, .exact)
        case (false, true): return (ratio, .atLeast)
        case (true, false): return (ratio, .atMost)
        case (false, false): return (ratio, .unknown)
        }
    }
}

extension RunResult {
    /// The label of the base optimizer alone.
    public static let baseline = "none"
}

private func mean(_ values: [Int]) -> Double {
    Double(values.reduce(0, +)) / Double(values.count)
}

extension Sequence where Element: Hashable {
    /// The elements without repetition, in the order of first appearance.
    func distinct() -> [Element] {
        var seen: Set<Element> = []
        return filter { seen.insert($0).inserted }
    }
}
