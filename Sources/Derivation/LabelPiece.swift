/// A part of an axis: a product of labels, each with the distance of its positions.
///
/// One piece may lie between the positions of another: the queries of all heads, where each head has its queries, keys
/// and values side by side.
struct LabelPiece: Hashable {
    struct Digit: Hashable {
        let label: Int
        let stride: Int
    }

    /// First position.
    let offset: Int
    /// Outermost first. A label of size 1 stands alone or not at all.
    let digits: [Digit]

    var labels: [Int] { digits.map(\.label) }

    func holds(_ label: Int) -> Bool { digits.contains { $0.label == label } }

    func moved(by distance: Int) -> LabelPiece { LabelPiece(offset: offset + distance, digits: digits) }

    func renaming(_ name: (Int) -> Int) -> LabelPiece {
        LabelPiece(offset: offset, digits: digits.map { Digit(label: name($0.label), stride: $0.stride) })
    }

    /// This piece with positions `factor` times as far apart.
    func scaled(by factor: Int) -> LabelPiece {
        LabelPiece(
            offset: offset * factor, digits: digits.map { Digit(label: $0.label, stride: $0.stride * factor) })
    }

    /// Every position of this piece beside every one of another, whose axis lies inside.
    func product(_ inner: LabelPiece) -> LabelPiece {
        LabelPiece(offset: offset + inner.offset, digits: digits + inner.digits)
    }
}
