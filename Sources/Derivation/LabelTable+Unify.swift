extension LabelTable {
    /// Makes two axes of equal size the same, splitting, cutting and merging labels until they are; what does not fit
    /// is pinned.
    mutating func unify(_ first: Int, _ second: Int, orPin pin: Pin) {
        while let step = difference(axes[first], axes[second]) {
            switch step {
            case .merge(let a, let b): merge(a, b)
            case .split(let label, let outer): split(label, outer: outer)
            case .cut(let label, let sizes, let others):
                if !cut(label, sizes) { for label in others { self.pin(label, pin) } }
            case .pin(let labels):
                for label in labels { self.pin(label, pin) }
            }
        }
    }

    private enum Step {
        case merge(Label, Label)
        case split(Label, outer: Int)
        /// If the label cannot be cut, `orPin` are the labels that do not fit.
        case cut(Label, sizes: [Int], orPin: [Label])
        case pin([Label])
    }

    /// What brings two axes nearer to each other; nil if they are the same, or pinned where they differ.
    private func difference(_ first: Axis, _ second: Axis) -> Step? {
        for segment in 0..<min(first.count, second.count) {
            let (a, b) = (first[segment], second[segment])
            let rest = Array(first[segment...].joined()) + Array(second[segment...].joined())
            if rest.allSatisfy(isPinned) { return nil }
            let (sizeA, sizeB) = (size(a), size(b))
            guard sizeA == sizeB else {
                let (larger, wanted) = sizeA > sizeB ? (a, sizeB) : (b, sizeA)
                let inner = size(Array(larger.dropFirst()))
                guard wanted.isMultiple(of: inner) else { return .pin(rest) }
                return .cut(larger[0], sizes: [wanted / inner, size(larger[0]) - wanted / inner], orPin: rest)
            }
            if let step = difference(a, b) { return step }
        }
        return nil
    }

    /// The same for two products of equal size.
    private func difference(_ first: [Label], _ second: [Label]) -> Step? {
        for (place, (a, b)) in zip(first, second).enumerated() where a != b {
            let rest = first[place...] + second[place...]
            if rest.allSatisfy(isPinned) { return nil }
            let (sizeA, sizeB) = (size(a), size(b))
            if sizeA == sizeB { return .merge(a, b) }
            let (larger, outer) = sizeA > sizeB ? (a, sizeB) : (b, sizeA)
            return size(larger).isMultiple(of: outer) ? .split(larger, outer: outer) : .pin(Array(rest))
        }
        return nil
    }

    /// The product of axes, outermost first. A concatenation inside a product is no axis, so it is pinned.
    mutating func product(_ factors: [Axis], orPin pin: Pin) -> Axis {
        factors.reduce([[]]) { product, factor in
            guard factor.count > 1, product.count > 1 || size(product[0]) > 1 else {
                return product.flatMap { outer in factor.map { outer + $0 } }
            }
            for label in factor.joined() { self.pin(label, pin) }
            let whole = label(size: factor.reduce(0) { $0 + size($1) }, pin: pin, dependencies: [])
            return product.map { $0 + [whole] }
        }
    }
}
