import NeuralGraphs

/// Sizes of a nowcasting network.
public struct NetworkShape: Sendable, Equatable, Codable {
    public enum Method: String, Sendable, Codable, CaseIterable {
        case nino
        case wnn
    }

    public var method: Method
    /// H.
    public var width: Int
    /// F: scalars an edge may carry; 1 for WNN+.
    public var slots: Int
    /// K: the longest horizon.
    public var horizons: Int
    public var edgeTypes: Int
    /// Edge updates; a checkpoint has one round of message passing more.
    public var updates: Int

    public init(
        method: Method, width: Int, slots: Int = 9, horizons: Int = 40, edgeTypes: Int = EdgeList.typeCount,
        updates: Int = 2
    ) {
        (self.method, self.width, self.slots, self.horizons, self.edgeTypes, self.updates) = (
            method, width, slots, horizons, edgeTypes, updates
        )
    }

    var weightLayout: WeightLayout {
        switch method {
        case .nino: NetworkLayout(self).weights
        case .wnn: WNNLayout(self).weights
        }
    }
}
