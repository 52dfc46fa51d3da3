/// The weights of WNN+, which sees every scalar by itself. Source: nino-model.md 3.2.
public struct ScalarNetwork: Sendable, Equatable {
    public let width: Int
    public let horizons: Int
    public let edgeTypes: Int
    /// [edgeTypes, H].
    public let layerEmbedding: [Float]
    /// 5 → H.
    public let stateProjection: LinearLayer
    /// Silu between them; the last has K outputs.
    public let layers: [LinearLayer]
    public let updateScale: Float

    public init(
        width: Int, horizons: Int, edgeTypes: Int, layerEmbedding: [Float], stateProjection: LinearLayer,
        layers: [LinearLayer], updateScale: Float
    ) {
        (self.width, self.horizons, self.edgeTypes, self.layerEmbedding) = (width, horizons, edgeTypes, layerEmbedding)
        (self.stateProjection, self.layers, self.updateScale) = (stateProjection, layers, updateScale)
    }
}
