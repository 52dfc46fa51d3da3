/// From steps and metric values to places on the page.
public struct ChartScale: Sendable {
    public let x: AxisTicks
    public let y: AxisTicks
    /// The plot's edges in pixels; y grows downwards.
    public let left: Double
    public let right: Double
    public let top: Double
    public let bottom: Double

    public func x(_ step: Double) -> Double {
        left + (step - x.range.lowerBound) / (x.range.upperBound - x.range.lowerBound) * (right - left)
    }

    public func y(_ value: Double) -> Double {
        bottom - (value - y.range.lowerBound) / (y.range.upperBound - y.range.lowerBound) * (bottom - top)
    }

    public init(x: AxisTicks, y: AxisTicks, left: Double, right: Double, top: Double, bottom: Double) {
        (self.x, self.y, self.left, self.right, self.top, self.bottom) = (x, y, left, right, top, bottom)
    }
}
