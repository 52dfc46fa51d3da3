/// Axes of tensors written in labels. A label stands for positions that permute together wherever it stands.
///
/// Labels start coarse and free. What is learned refines or unites them, everywhere at once: `merge` makes two labels
/// one, `split` makes one a product, `cut` makes one a concatenation, `pin` holds one still. A label may *depend* on
/// others, as a group of the axis grammar does: then its permutation may differ for each of their positions.
struct LabelTable {
    typealias Label = Int
    /// Pieces by their first position; together they hold every position of the axis once.
    typealias Axis = [LabelPiece]

    struct Properties {
        let size: Int
        var pin: Pin?
        /// Sets of labels it may depend on; it may depend on what is in all of them, and on anything if there is none.
        var dependencies: [Set<Label>]
        /// Something reads these positions.
        var isRead: Bool
        /// Labels that may depend on this one.
        fileprivate(set) var dependents: Set<Label> = []
        /// Numbers of the axes where it stands.
        fileprivate(set) var places: Set<Int> = []
    }

    private(set) var labels: [Properties] = []
    private(set) var axes: [Axis] = []

    func size(_ label: Label) -> Int { labels[label].size }
    func size(_ labels: [Label]) -> Int { labels.reduce(1) { $0 * self.labels[$1].size } }
    func size(_ axis: Axis) -> Int { axis.reduce(0) { $0 + size($1.labels) } }
    /// The labels of an axis, piece by piece.
    func labels(ofAxis number: Int) -> [Label] { axes[number].flatMap(\.labels) }
    /// The sizes of the labels of an axis, piece by piece.
    func sizes(ofAxis number: Int) -> [[Int]] { axes[number].map { $0.labels.map(size) } }
    func isPinned(_ label: Label) -> Bool { labels[label].pin != nil }

    // MARK: Making

    mutating func label(size: Int, pin: Pin? = nil, dependencies: [Set<Label>], isRead: Bool = false) -> Label {
        labels.append(Properties(size: size, pin: pin, dependencies: dependencies, isRead: isRead))
        let label = labels.count - 1
        for other in dependencies.joined() { labels[other].dependents.insert(label) }
        return label
    }

    /// Adds an axis of one label.
    mutating func add(label: Label) -> Int {
        add([LabelPiece(offset: 0, digits: [.init(label: label, stride: 1)])])
    }

    /// Adds an axis; returns its number.
    mutating func add(_ axis: Axis) -> Int {
        axes.append([])
        set(axes.count - 1, to: axis)
        return axes.count - 1
    }

    /// Makes one label of all on an axis of which nothing more need be known, unless others depend on them. Windows
    /// that are rolled and cut over a picture would else leave hundreds of pieces.
    mutating func simplify(_ number: Int) {
        let old = labels(ofAxis: number)
        guard old.count > 1, old.allSatisfy({ labels[$0].dependents.isEmpty }) else { return }
        let whole = label(
            size: size(axes[number]), pin: labels[old[0]].pin, dependencies: [],
            isRead: old.allSatisfy { labels[$0].isRead })
        set(number, to: [LabelPiece(offset: 0, digits: [.init(label: whole, stride: 1)])])
    }

    /// Forgets an axis that nothing looks at any more.
    mutating func remove(_ number: Int) { set(number, to: []) }

    private mutating func set(_ number: Int, to axis: Axis) {
        for label in labels(ofAxis: number) { labels[label].places.remove(number) }
        axes[number] = axis.map(withoutUnits).sorted { $0.offset < $1.offset }
        for label in labels(ofAxis: number) { labels[label].places.insert(number) }
    }

    /// The piece without labels of one position, unless it has no other. The distance of one position means nothing, so
    /// two such pieces with the same label are the same.
    private func withoutUnits(_ piece: LabelPiece) -> LabelPiece {
        guard piece.digits.contains(where: { labels[$0.label].size == 1 }) else { return piece }
        let longer = piece.digits.filter { labels[$0.label].size > 1 }
        let unit = piece.digits.prefix(1).map { LabelPiece.Digit(label: $0.label, stride: 1) }
        return LabelPiece(offset: piece.offset, digits: longer.isEmpty ? unit : longer)
    }

    // MARK: Marking

    mutating func pin(_ label: Label, _ pin: Pin) {
        if labels[label].pin == nil { labels[label].pin = pin }
    }

    mutating func read(_ label: Label) { labels[label].isRead = true }

    mutating func forbid(_ label: Label, dependingOn other: Label) {
        for index in labels[label].dependencies.indices { labels[label].dependencies[index].remove(other) }
        labels[other].dependents.remove(label)
    }

    /// Makes one set of what a label may depend on.
    mutating func settleDependencies(of label: Label) {
        guard let first = labels[label].dependencies.first, labels[label].dependencies.count > 1 else { return }
        let common = labels[label].dependencies.dropFirst().reduce(first) { $0.intersection($1) }
        for other in Set(labels[label].dependencies.joined()).subtracting(common) {
            labels[other].dependents.remove(label)
        }
        labels[label].dependencies = [common]
    }

    // MARK: Refining and uniting

    /// Puts other pieces in the place of those that hold a label, on all its axes. Axes of windows over a picture have
    /// hundreds of pieces, of which few change.
    private mutating func rewrite(_ label: Label, _ body: (LabelPiece) -> [LabelPiece]) {
        for number in labels[label].places {
            var axis: Axis = []
            swap(&axis, &axes[number])
            var gone: Set<Label> = []
            var index = 0
            while index < axis.count {
                guard axis[index].holds(label) else {
                    index += 1
                    continue
                }
                gone.formUnion(axis[index].labels)
                let pieces = body(axis[index]).map(withoutUnits)
                for piece in pieces { for digit in piece.digits { labels[digit.label].places.insert(number) } }
                axis.replaceSubrange(index...index, with: pieces)
                index += pieces.count
            }
            if zip(axis, axis.dropFirst()).contains(where: { $0.offset > $1.offset }) {
                axis.sort { $0.offset < $1.offset }
            }
            for other in gone where !axis.contains(where: { $0.holds(other) }) {
                labels[other].places.remove(number)
            }
            axes[number] = axis
        }
    }

    /// Puts other labels where dependents named this one.
    private mutating func replaceDependency(on label: Label, by others: [Label]) {
        for dependent in labels[label].dependents {
            for index in labels[dependent].dependencies.indices
            where labels[dependent].dependencies[index].remove(label) != nil {
                labels[dependent].dependencies[index].formUnion(others.filter { $0 != dependent })
            }
            for other in others where other != dependent { labels[other].dependents.insert(dependent) }
        }
        labels[label].dependents = []
    }

    /// Makes `second` the same as `first`, of the same size.
    mutating func merge(_ first: Label, _ second: Label) {
        let (kept, gone) = labels[first].places.count >= labels[second].places.count ? (first, second) : (second, first)
        replaceDependency(on: gone, by: [kept])
        for set in labels[gone].dependencies {
            let others = set.subtracting([kept])
            labels[kept].dependencies.append(others)
            for other in others { labels[other].dependents.insert(kept) }
        }
        for other in labels[gone].dependencies.joined() { labels[other].dependents.remove(gone) }
        labels[kept].pin = labels[kept].pin ?? labels[gone].pin
        labels[kept].isRead = labels[kept].isRead || labels[gone].isRead
        rewrite(gone) { [$0.renaming { $0 == gone ? kept : $0 }] }
    }

    /// Makes a label a product of two, `outer` positions of as many as are left; the inner one may depend on the outer
    /// one.
    mutating func split(_ label: Label, outer: Int) {
        let old = labels[label]
        let first = self.label(size: outer, pin: old.pin, dependencies: old.dependencies, isRead: old.isRead)
        let second = self.label(
            size: old.size / outer, pin: old.pin, dependencies: old.dependencies.map { $0.union([first]) },
            isRead: old.isRead)
        retire(label, by: [first, second])
        let inner = old.size / outer
        rewrite(label) { piece in
            [
                LabelPiece(
                    offset: piece.offset,
                    digits: piece.digits.flatMap { digit -> [LabelPiece.Digit] in
                        guard digit.label == label else { return [digit] }
                        return [
                            .init(label: first, stride: digit.stride * inner),
                            .init(label: second, stride: digit.stride),
                        ]
                    })
            ]
        }
    }

    /// Makes a label a concatenation of parts. What depends on it becomes another label in each.
    mutating func cut(_ label: Label, _ sizes: [Int]) {
        for dependent in labels[label].dependents where !stands(dependent, onlyBehind: label) {
            forbid(dependent, dependingOn: label)
        }
        let old = labels[label]
        let parts = sizes.map { self.label(size: $0, pin: old.pin, dependencies: old.dependencies, isRead: old.isRead) }
        let dependents = old.dependents.sorted()
        var copies = parts.map { [label: $0] }
        for dependent in dependents {
            let old = labels[dependent]
            for part in parts.indices {
                copies[part][dependent] = self.label(size: old.size, pin: old.pin, dependencies: [], isRead: old.isRead)
            }
        }
        for part in parts.indices {
            for dependent in dependents {
                // A part of one position is nothing to depend on.
                let sets = labels[dependent].dependencies.map { set in
                    Set(set.compactMap { $0 == label && sizes[part] == 1 ? nil : copies[part][$0] ?? $0 })
                }
                let copy = copies[part][dependent]!
                labels[copy].dependencies = sets
                for other in sets.joined() { labels[other].dependents.insert(copy) }
            }
        }
        for gone in dependents { retire(gone, by: []) }
        retire(label, by: [])
        rewrite(label) { piece in
            let stride = piece.digits.first { $0.label == label }!.stride
            var start = 0
            return copies.indices.map { part in
                defer { start += sizes[part] * stride }
                return piece.moved(by: start).renaming { copies[part][$0] ?? $0 }
            }
        }
    }

    /// True if `label` stands in products with `other` before it, and nowhere else.
    private func stands(_ label: Label, onlyBehind other: Label) -> Bool {
        labels[label].places.allSatisfy { number in
            axes[number].allSatisfy { piece in
                guard let place = piece.labels.firstIndex(of: label) else { return true }
                return piece.labels[..<place].contains(other)
            }
        }
    }

    /// Takes a label out of all dependencies, before it is replaced.
    private mutating func retire(_ label: Label, by others: [Label]) {
        replaceDependency(on: label, by: others)
        for other in labels[label].dependencies.joined() { labels[other].dependents.remove(label) }
    }
}
