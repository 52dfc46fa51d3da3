import CKernels
import Tensors

/// A matrix [inputs, outputs] that all tiles multiply, laid out for that once.
struct TileMatrix: Sendable {
    private enum Layout: Sendable {
        /// As it was: for widths the packed product does not take.
        case plain([Float])
        case packed([Float])
        case bfloat16([UInt16])
    }

    let inputs: Int
    let outputs: Int
    private let layout: Layout

    /// - Parameter view: of a fold.
    init(_ weights: FoldedWeights, _ view: WeightView, precision: ProductPrecision) {
        precondition(!view.isOutFirst && view.stride == view.outputs, "\(view) is no product of weights")
        (inputs, outputs) = (view.inputs, view.outputs)
        let weight = Array(UnsafeBufferPointer(start: weights[view], count: inputs * outputs))
        let isPackable = inputs.isMultiple(of: Int(NINO_PACK_COLUMNS)) && outputs.isMultiple(of: Int(NINO_PACK_COLUMNS))
        switch (isPackable, precision) {
        case (false, _): layout = .plain(weight)
        case (true, .float32):
            var packed = [Float](repeating: 0, count: weight.count)
            nino_pack(weight, Int64(inputs), Int64(outputs), &packed)
            layout = .packed(packed)
        case (true, .bfloat16):
            var packed = [UInt16](repeating: 0, count: weight.count)
            nino_pack_bf16(weight, Int64(inputs), Int64(outputs), &packed)
            layout = .bfloat16(packed)
        }
    }

    /// c [rows, outputs] = a [rows, inputs] · this matrix.
    @inline(__always)
    func multiply(rows: Int, _ a: UnsafePointer<Float>, into c: UnsafeMutablePointer<Float>, _ scratch: TileScratch) {
        switch layout {
        case .plain(let weight):
            serialGemm(m: rows, n: outputs, k: inputs, a, lda: inputs, weight, ldb: outputs, c, ldc: outputs)
        case .packed(let weight): nino_packed_product(Int64(rows), Int64(inputs), Int64(outputs), a, weight, c)
        case .bfloat16(let weight):
            let rounded = UnsafeMutableRawPointer(scratch.floats(.rounded, rows * inputs / 2)).assumingMemoryBound(
                to: UInt32.self)
            nino_packed_product_bf16(Int64(rows), Int64(inputs), Int64(outputs), a, weight, c, rounded)
        }
    }

    /// out = silu(a · this matrix + what the tile's edges take from their ends), a row an edge.
    ///
    /// - Parameters:
    ///   - sourceTerms: [nodes, outputs], or nil for none.
    ///   - targetTerms: of the tile's targets.
    @inline(__always)
    func multiplyWithSilu(
        _ tile: EdgeTile, _ a: UnsafePointer<Float>, sourceTerms: UnsafePointer<Float>?,
        targetTerms: UnsafePointer<Float>, into out: UnsafeMutablePointer<Float>, _ scratch: TileScratch
    ) {
        var shape = tile.shape
        if case .packed(let weight) = layout {
            return nino_edge_product_silu(&shape, a, weight, sourceTerms, targetTerms, out)
        }
        multiply(rows: tile.edges, a, into: out, scratch)
        nino_edge_update_silu(&shape, sourceTerms, targetTerms, out)
    }

    /// Adds (hidden · this matrix) ⊙ values of the sources, and hidden, to the sums of a tile's targets.
    ///
    /// - Parameter spare: room for as many vectors as there are hidden ones.
    @inline(__always)
    func addMessages(
        _ tile: EdgeTile, _ hidden: UnsafePointer<Float>, spare: UnsafeMutablePointer<Float>,
        values: UnsafePointer<Float>, to sums: MessageSums, _ scratch: TileScratch
    ) {
        var shape = tile.shape
        let first = tile.firstTarget * outputs
        if case .packed(let weight) = layout {
            return nino_edge_product_message_sums(
                &shape, hidden, weight, values, sums.messages + first, sums.inputs + first)
        }
        multiply(rows: tile.edges, hidden, into: spare, scratch)
        nino_edge_message_sums(&shape, spare, hidden, values, sums.messages + first, sums.inputs + first)
    }
}
