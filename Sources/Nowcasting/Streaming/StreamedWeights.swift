/// NiNo's weights as the passes over edges take them.
struct StreamedWeights: Sendable {
    let layout: NetworkLayout
    let folded: FoldedWeights
    /// Bias of what edges take from their targets, by update; what is constant in the edges' own part is absorbed after
    /// the first one, where constants depend on the type.
    let targetBiases: [[Float]]
    /// The H × H products of an edge, laid out once for all tiles; none for the first update and round, whose inputs
    /// are raw states.
    let updateProducts: [TileMatrix?]
    let scaleProducts: [TileMatrix?]
    let readOutProduct: TileMatrix
    let wordEmbedding: [Float]?
    let updateScale: Float

    var width: Int { layout.shape.width }

    init(_ network: NowcastNetwork, precision: ProductPrecision) {
        let (layout, folded) = (NetworkLayout(network.shape), FoldedWeights(network))
        func product(_ view: WeightView) -> TileMatrix { TileMatrix(folded, view, precision: precision) }
        (self.layout, self.folded) = (layout, folded)
        (wordEmbedding, updateScale) = (network.wordEmbedding, network.updateScale)
        targetBiases = layout.updates.enumerated().map { index, update in
            (0..<network.shape.width).map { h in
                let constant = index == 0 ? 0 : folded.doubles[update.constants.offset + h]
                return Float(folded.doubles[update.target.bias + h] + constant)
            }
        }
        updateProducts = layout.updates.enumerated().map { $0 == 0 ? nil : product($1.input) }
        scaleProducts = layout.messagePassing.enumerated().map { $0 == 0 ? nil : product($1.scale) }
        readOutProduct = product(layout.readOutHidden)
    }

    subscript(view: WeightView) -> UnsafePointer<Float> { folded[view] }
}
