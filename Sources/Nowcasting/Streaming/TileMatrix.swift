import CKernels

/// How the H × H products of an edge's hidden vectors are computed.
public enum ProductPrecision: String, Sendable, CaseIterable {
    case float32 = "f32"
    /// Factors rounded to bfloat16, sums in float32.
    case bfloat16 = "bf16"

    public var isSupported: Bool { self == .float32 || nino_has_bf16_products() != 0 }
}

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

    init(_ weight: [Float], outputs: Int, precision: ProductPrecision) {
        self.outputs = outputs
        inputs = weight.count / outputs
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
        case .plain(let weight): tileProduct(rows: rows, inner: inputs, columns: outputs, a, weight, into: c)
        case .packed(let weight): nino_packed_product(Int64(rows), Int64(inputs), Int64(outputs), a, weight, c)
        case .bfloat16(let weight):
            let rounded = UnsafeMutableRawPointer(scratch.floats(.rounded, rows * inputs / 2)).assumingMemoryBound(
                to: UInt32.self)
            nino_packed_product_bf16(Int64(rows), Int64(inputs), Int64(outputs), a, weight, c, rounded)
        }
    }
}

/// The three products an edge takes part in, for a network of three layers: one a later update, one a later
/// convolution, and the read-out's.
struct TileMatrices: Sendable {
    /// By update; the first has none, as its inputs are raw states.
    let updates: [TileMatrix?]
    /// By convolution; likewise.
    let scales: [TileMatrix?]
    let readOut: TileMatrix

    init(_ network: FoldedNetwork, precision: ProductPrecision) {
        func matrix(_ weight: [Float], _ index: Int) -> TileMatrix? {
            index == 0 ? nil : TileMatrix(weight, outputs: network.width, precision: precision)
        }
        updates = network.updates.enumerated().map { matrix($1.input, $0) }
        scales = network.convolutions.enumerated().map { matrix($1.scale, $0) }
        readOut = TileMatrix(network.readOutHidden.weight, outputs: network.width, precision: precision)
    }
}
