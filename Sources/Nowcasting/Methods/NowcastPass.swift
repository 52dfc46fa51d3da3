/// A part of the work on a graph in blocks.
public enum NowcastPass: Sendable, Equatable {
    case messages(layer: Int)
    case readOut
    /// Of the states with each other, scalar by scalar.
    case products

    /// H × H products an edge takes part in, for networks of three layers.
    public var products: Int {
        switch self {
        case .messages(let layer): layer
        case .readOut: 2
        case .products: 0
        }
    }
}
