/// Axes as people read them: `(heads_0, qk_0)`, segments joined by ` | `, by ` ∥ ` where they are interleaved.
extension Symmetries {
    public func text(_ axis: Axis) -> String {
        axis.segments.map(text).joined(separator: axis.placements == nil ? " | " : " ∥ ")
    }

    public func text(_ segment: [AxisFactor]) -> String {
        let factors = segment.map { factor in
            switch factor {
            case .group(let index): groups[index].name
            case .fixed(let count): "fixed(\(count))"
            }
        }
        return "(" + factors.joined(separator: ", ") + ")"
    }
}
