import NeuralGraphs

/// One side of a parameter: its axes that run along neurons read, or written, cut into segments.
///
/// A part is one segment of each of those axes: a product of labels, each with its stride in the tensor.
struct ParameterPart {
    struct Digit {
        let label: Int
        let size: Int
        let stride: Int
    }

    /// Outermost first.
    let digits: [Digit]
    /// First scalar.
    let offset: Int
    /// For each axis: its number in the tensor, and the positions.
    let ranges: [(axis: Int, positions: Range<Int>)]

    var labels: [Int] { digits.map(\.label) }

    /// All parts of the given axes.
    static func all(of axes: [Int], shape: [Int], numbers: [Int], _ table: LabelTable) -> [ParameterPart] {
        axes.reduce([ParameterPart(digits: [], offset: 0, ranges: [])]) { parts, axis in
            let step = shape[(axis + 1)...].reduce(1, *)
            var start = 0
            let segments = table.axes[numbers[axis]].map { segment in
                let size = table.size(segment)
                defer { start += size }
                var inner = size
                let digits = segment.map { label in
                    inner /= table.size(label)
                    return Digit(label: label, size: table.size(label), stride: inner * step)
                }
                return ParameterPart(digits: digits, offset: start * step, ranges: [(axis, start..<(start + size))])
            }
            return parts.flatMap { part in segments.map { part.joined($0) } }
        }
    }

    private func joined(_ other: ParameterPart) -> ParameterPart {
        let all = digits + other.digits
        let longer = all.filter { $0.size > 1 }
        return ParameterPart(
            digits: longer.isEmpty ? Array(all.prefix(1)) : longer, offset: offset + other.offset,
            ranges: ranges + other.ranges)
    }

    /// The levels of an index of nodes with these labels; a label that the part has not makes copies.
    func levels(of nodes: [(label: Int, size: Int)]) -> [IndexLevel] {
        nodes.map { node in IndexLevel(extent: node.size, stride: digits.first { $0.label == node.label }?.stride ?? 0)
        }
    }
}

extension Axis {
    /// The segments and factors that make up some positions; nil if one is cut through.
    func part(_ positions: Range<Int>, in groups: [PermutationGroup]) -> Axis? {
        var start = 0
        var found: [[AxisFactor]] = []
        for segment in segments {
            let end = start + Axis(segments: [segment]).size(in: groups)
            if positions.lowerBound <= start && end <= positions.upperBound {
                found.append(segment)
            } else if positions.overlaps(start..<end) {
                guard segment.allSatisfy({ if case .fixed = $0 { true } else { false } }) else { return nil }
                found.append([.fixed(positions.clamped(to: start..<end).count)])
            }
            start = end
        }
        return found.isEmpty ? nil : Axis(segments: found)
    }

    /// The product of axes, outermost first; nil where it is none, for a concatenation inside a product.
    static func product(_ axes: [Axis]) -> Axis? {
        var segments: [[AxisFactor]] = [[]]
        for axis in axes {
            guard axis.segments.count == 1 || segments == [[]] else { return nil }
            segments = segments.flatMap { outer in axis.segments.map { outer + $0 } }
        }
        return Axis(segments: segments)
    }
}
