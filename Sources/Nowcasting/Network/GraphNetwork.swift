/// The weights of NiNo's graph network, by the names of nino-model.md 3. H = hidden width.
public struct GraphNetwork: Sendable, Equatable {
    /// One round of message passing, `gnn.convs.i`.
    public struct Convolution: Sendable, Equatable {
        /// H → 2H: scale, then shift.
        public let edgeEncoder: LinearLayer
        /// [target ; source] → H.
        public let pre: LinearLayer
        /// [target ; aggregate] → H.
        public let post: LinearLayer
        public let output: LinearLayer

        public init(edgeEncoder: LinearLayer, pre: LinearLayer, post: LinearLayer, output: LinearLayer) {
            (self.edgeEncoder, self.pre, self.post, self.output) = (edgeEncoder, pre, post, output)
        }
    }

    /// `gnn.edge_update.i`.
    public struct EdgeUpdate: Sendable, Equatable {
        public let edge: LinearLayer
        public let source: LinearLayer
        public let target: LinearLayer
        public let output: LinearLayer

        public init(edge: LinearLayer, source: LinearLayer, target: LinearLayer, output: LinearLayer) {
            (self.edge, self.source, self.target, self.output) = (edge, source, target, output)
        }
    }

    public let width: Int
    /// F: scalars an edge may carry.
    public let slots: Int
    /// K: the longest horizon.
    public let horizons: Int
    public let edgeTypes: Int
    /// [edgeTypes, H].
    public let layerEmbedding: [Float]
    /// [words, H], for networks with word positions; else nil.
    public let wordEmbedding: [Float]?
    public let nodeProjection: LinearLayer
    /// F·5 → H, slot the slower axis.
    public let edgeProjection: LinearLayer
    /// The last one feeds nothing when edges are read out.
    public let convolutions: [Convolution]
    /// One fewer than convolutions.
    public let edgeUpdates: [EdgeUpdate]
    public let readOutHidden: LinearLayer
    /// H → F·K, row f·K + k − 1.
    public let readOut: LinearLayer
    /// Factor on the predicted change, in scaled units.
    public let updateScale: Float

    public init(
        width: Int, slots: Int, horizons: Int, edgeTypes: Int, layerEmbedding: [Float], wordEmbedding: [Float]?,
        nodeProjection: LinearLayer, edgeProjection: LinearLayer, convolutions: [Convolution],
        edgeUpdates: [EdgeUpdate],
        readOutHidden: LinearLayer, readOut: LinearLayer, updateScale: Float
    ) {
        (self.width, self.slots, self.horizons, self.edgeTypes) = (width, slots, horizons, edgeTypes)
        (self.layerEmbedding, self.wordEmbedding) = (layerEmbedding, wordEmbedding)
        (self.nodeProjection, self.edgeProjection) = (nodeProjection, edgeProjection)
        (self.convolutions, self.edgeUpdates) = (convolutions, edgeUpdates)
        (self.readOutHidden, self.readOut, self.updateScale) = (readOutHidden, readOut, updateScale)
    }

    func embedding(ofType type: Int) -> ArraySlice<Float> { layerEmbedding[(type * width)..<((type + 1) * width)] }
}
