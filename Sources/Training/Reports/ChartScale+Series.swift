import Presentation

extension ChartScale {
    /// Steps from 0 to the last one taken.
    static func stepTicks(_ series: [ChartSeries]) -> AxisTicks {
        let last = series.flatMap(\.runs).map(\.steps).max() ?? 0
        return AxisTicks(enclosing: 0...Double(max(last, 1)), intervals: 10)
    }

    /// The range where lines differ: from the best value or target to what all but the worst twentieth of the values
    /// after the first tenth of the run keep to. The steep start and single dips are cut off at the edge.
    static func valueTicks(_ series: [ChartSeries], metric: Metric, target: Double) -> AxisTicks {
        let points = series.flatMap { $0.lines() }.flatMap { $0 }
        let last = points.map(\.step).max() ?? 0
        let late = points.filter { $0.step >= last / 10 }.map(\.value).sorted()
        guard !late.isEmpty else { return AxisTicks(enclosing: 0...1, intervals: 6) }
        let cut = late.count / 20
        let goals = metric.canReach(target) ? [target] : []
        let best = (points.map(\.value) + goals).reduce(late[0], metric.better)
        let worst = metric.higherIsBetter ? ([late[cut]] + goals).min()! : ([late[late.count - 1 - cut]] + goals).max()!
        return AxisTicks(enclosing: min(best, worst)...max(best, worst), intervals: 7)
    }
}
