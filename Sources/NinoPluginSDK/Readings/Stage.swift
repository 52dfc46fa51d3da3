/// The neurons along one axis of a value: one block of nodes of the graph.
///
/// Its nodes are numbered when a weight first reads them, because vectors that point to neurons (biases, norms) stand
/// before them. Until then two stages that are added become one; one that was read before goes on by a residual
/// connection instead, into a new stage.
final class Stage {
    let name: String
    /// nil while nothing has said how many neurons there are.
    var axis: Axis?
    var nodes: Nodes?
    /// What makes these neurons, where its nodes and edges are not yet laid.
    var pending: Pending?
    /// The first module whose weight ends here.
    var writer: Int?
    /// What a flatten made these units of.
    var unflattened: Stage?
    private var successor: Stage?

    init(_ name: String, _ axis: Axis?) {
        (self.name, self.axis) = (name, axis)
    }

    /// This stage, or the one it became a part of.
    var current: Stage { successor?.current ?? self }

    func merge(into other: Stage) {
        successor = other
    }

    /// A weight's result, which stays open until it is known who reads it: attention numbers its nodes its own way.
    struct Pending {
        let input: Stage
        let bias: Vector?
        /// Of norms of this result, in the order of their calls.
        var norms: [Vector] = []
        /// The part of a linear layer; nil for a convolution.
        let part: Linear.Part?
        let edges: (_ reading: GraphReading, _ input: Stage, _ output: Stage) -> Void
    }

    /// A one-dimensional parameter, or a part of one, from a node of its own to a stage.
    struct Vector {
        let parameter: String
        let type: EdgeType
        let place: GraphReading.Place
        var offset = 0
        /// Scalars; fewer than the stage has neurons, a divisor, where they are repeated.
        let count: Int
        /// Of the node, for people.
        let name: String

        /// The same at another place.
        func at(_ place: GraphReading.Place) -> Vector {
            Vector(parameter: parameter, type: type, place: place, offset: offset, count: count, name: name)
        }
    }
}
