extension LabelTable {
    /// Makes two axes of equal size the same, splitting, cutting and merging labels until they are; what does not fit
    /// is pinned.
    mutating func unify(_ first: Int, _ second: Int, orPin pin: Pin) { unify(first, second) { _ in pin } }

    /// The same with a reason that is made when it is needed.
    mutating func unify(_ first: Int, _ second: Int, orPin reason: (LabelTable) -> Pin) {
        // Pieces before the first that differ stay alike, whatever is done to their labels: it is done in both.
        var alike = 0
        while let step = difference(axes[first], axes[second], from: &alike) {
            switch step {
            case .merge(let a, let b): merge(a, b)
            case .split(let label, let outer): split(label, outer: outer)
            case .cut(let label, let size): cut(label, [size, labels[label].size - size])
            case .pin(let labels):
                let pin = reason(self)
                for label in labels { self.pin(label, pin) }
            }
        }
    }

    private enum Step {
        case merge(Label, Label)
        case split(Label, outer: Int)
        /// The first part has so many positions.
        case cut(Label, size: Int)
        case pin([Label])
    }

    /// What brings two axes nearer to each other; nil if they are the same, or pinned where they differ.
    /// - Parameter alike: how many pieces are known to be the same; goes on to the first that differs.
    private func difference(_ first: Axis, _ second: Axis, from alike: inout Int) -> Step? {
        for number in alike..<max(alike, min(first.count, second.count)) where first[number] != second[number] {
            alike = number
            // A position without a label is like any other.
            if first[number].digits.isEmpty || second[number].digits.isEmpty,
                size(first[number].labels) == size(second[number].labels)
            {
                continue
            }
            if isPinned(first[number...]), isPinned(second[number...]) { return nil }
            // Up to here both hold the same positions, so the next ones begin at the same place.
            return difference(first[number], second[number])
                ?? .pin(first[number...].flatMap(\.labels) + second[number...].flatMap(\.labels))
        }
        return nil
    }

    private func isPinned(_ pieces: ArraySlice<LabelPiece>) -> Bool {
        pieces.allSatisfy { piece in piece.digits.allSatisfy { isPinned($0.label) } }
    }

    /// The same for two pieces, from their outermost digits on; nil if neither can be made like the other.
    private func difference(_ first: LabelPiece, _ second: LabelPiece) -> Step? {
        let (a, b) = (first.digits.filter { size($0.label) > 1 }, second.digits.filter { size($0.label) > 1 })
        if a.isEmpty, b.isEmpty { return .merge(first.digits[0].label, second.digits[0].label) }
        for (one, other) in zip(a, b) where one != other {
            let (extent, otherExtent) = (size(one.label) * one.stride, size(other.label) * other.stride)
            guard extent == otherExtent else {
                let (longer, reach) = extent > otherExtent ? (one, otherExtent) : (other, extent)
                return .cut(longer.label, size: max(1, reach / longer.stride))
            }
            if one.stride == other.stride { return .merge(one.label, other.label) }
            let (coarse, fine) = one.stride > other.stride ? (one, other) : (other, one)
            return coarse.stride.isMultiple(of: fine.stride) ? .split(fine.label, outer: size(coarse.label)) : nil
        }
        // One goes on inside: to the other, only its first position belongs.
        let (longer, count) = a.count > b.count ? (a, b.count) : (b, a.count)
        return .cut(longer[count].label, size: 1)
    }

    /// The product of axes, outermost first.
    func product(_ factors: [Axis]) -> Axis {
        factors.reduce([LabelPiece(offset: 0, digits: [])]) { product, factor in
            let size = size(factor)
            return product.flatMap { outer in factor.map { outer.scaled(by: size).product($0) } }
        }
    }

    /// Axes one behind the other.
    func concatenation(_ parts: [Axis]) -> Axis {
        var start = 0
        return parts.flatMap { part in
            defer { start += size(part) }
            return part.map { $0.moved(by: start) }
        }
    }
}
