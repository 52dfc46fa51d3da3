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
    /// For each axis: its number in the tensor, and the first position.
    let places: [(axis: Int, position: Int)]

    var labels: [Int] { digits.map(\.label) }

    /// All parts of the given axes.
    static func all(of axes: [Int], shape: [Int], numbers: [Int], _ table: LabelTable) -> [ParameterPart] {
        axes.reduce([ParameterPart(digits: [], offset: 0, places: [])]) { parts, axis in
            let step = shape[(axis + 1)...].reduce(1, *)
            let pieces = table.axes[numbers[axis]].map { piece in
                ParameterPart(
                    digits: piece.digits.map {
                        Digit(label: $0.label, size: table.size($0.label), stride: $0.stride * step)
                    },
                    offset: piece.offset * step, places: [(axis, piece.offset)])
            }
            return parts.flatMap { part in pieces.map { part.joined($0) } }
        }
    }

    private func joined(_ other: ParameterPart) -> ParameterPart {
        let all = digits + other.digits
        let longer = all.filter { $0.size > 1 }
        return ParameterPart(
            digits: longer.isEmpty ? Array(all.prefix(1)) : longer, offset: offset + other.offset,
            places: places + other.places)
    }

    /// The levels of an index of nodes with these labels; a label that the part has not makes copies.
    func levels(of nodes: [(label: Int, size: Int)]) -> [IndexLevel] {
        nodes.map { node in IndexLevel(extent: node.size, stride: digits.first { $0.label == node.label }?.stride ?? 0)
        }
    }
}
