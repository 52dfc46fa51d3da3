import NeuralGraphs

/// The digits of a row-major tensor around one of its scalars: those of the segment that the scalar lies in, axis by
/// axis.
struct TargetDigits {
    /// By falling stride. Neighbours that nothing moves are one digit.
    private(set) var digits: [IndexDigit] = []
    /// The scalar's value of each digit.
    private(set) var values: [Int] = []
    /// The segments, one an axis.
    private(set) var segments: [[AxisFactor]] = []

    init(_ axes: [Axis], shape: [Int], scalar: Int, groups: [PermutationGroup]) {
        var stride = shape.reduce(1, *)
        var rest = scalar
        for (axis, size) in zip(axes, shape) {
            stride /= size
            var position = rest / stride
            rest %= stride
            if axis.placements != nil {
                append(axis.placed(in: groups), position, stride, groups)
                continue
            }
            var segment: [AxisFactor] = []
            var length = 1
            for candidate in Self.merged(axis, groups) {
                (segment, length) = (candidate, candidate.reduce(1) { $0 * $1.size(in: groups) })
                if position < length { break }
                position -= length
            }
            segments.append(segment)
            var inner = length
            for factor in segment {
                inner /= factor.size(in: groups)
                append(
                    IndexDigit(
                        group: factor.group(in: groups), extent: factor.size(in: groups), stride: inner * stride),
                    value: position / inner)
                position %= inner
            }
        }
    }

    /// The digits of the one of some interleaved segments that holds a position.
    private mutating func append(
        _ placed: [Axis.PlacedSegment], _ position: Int, _ stride: Int, _ groups: [PermutationGroup]
    ) {
        for segment in placed {
            var rest = position - segment.offset
            guard rest >= 0 else { continue }
            let values = zip(segment.sizes, segment.strides).map { size, step -> Int in
                guard size > 1 else { return 0 }
                defer { rest %= step }
                return rest / step
            }
            guard rest == 0, zip(values, segment.sizes).allSatisfy({ $0 < $1 }) else { continue }
            segments.append(segment.factors)
            for (number, factor) in segment.factors.enumerated() {
                append(
                    IndexDigit(
                        group: factor.group(in: groups), extent: segment.sizes[number],
                        stride: segment.strides[number] * stride),
                    value: values[number])
            }
            return
        }
    }

    /// Neighbouring segments without groups are one.
    private static func merged(_ axis: Axis, _ groups: [PermutationGroup]) -> [[AxisFactor]] {
        var result: [[AxisFactor]] = []
        for segment in axis.segments {
            if let last = result.last, isFixed(last), isFixed(segment) {
                result[result.count - 1] = [.fixed(count(last) + count(segment))]
            } else {
                result.append(segment)
            }
        }
        return result

        func isFixed(_ segment: [AxisFactor]) -> Bool { segment.allSatisfy { $0.group(in: groups) == nil } }
        func count(_ segment: [AxisFactor]) -> Int { segment.reduce(1) { $0 * $1.size(in: groups) } }
    }

    private mutating func append(_ digit: IndexDigit, value: Int) {
        guard digit.extent > 1 else { return }
        if let last = digits.last, last.group == nil, digit.group == nil, last.stride == digit.extent * digit.stride {
            digits[digits.count - 1] = IndexDigit(group: nil, extent: last.extent * digit.extent, stride: digit.stride)
            values[values.count - 1] = values[values.count - 1] * digit.extent + value
        } else {
            digits.append(digit)
            values.append(value)
        }
    }
}
