import CKernels

/// How the H × H products of an edge's hidden vectors are computed.
public enum ProductPrecision: String, Sendable, CaseIterable {
    case float32 = "f32"
    /// Factors rounded to bfloat16, sums in float32.
    case bfloat16 = "bf16"

    public var isSupported: Bool { self == .float32 || nino_has_bf16_products() != 0 }
}
