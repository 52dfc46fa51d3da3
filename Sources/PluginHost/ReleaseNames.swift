import Foundation

/// How other releases of a library name the same tensor.
enum ReleaseNames {
    /// Ends of names, and what older releases wrote: TensorFlow's norms, and the two layers of torchvision's MLP before
    /// 0.13.
    private static let ends = [
        ("LayerNorm.weight", "LayerNorm.gamma"), ("LayerNorm.bias", "LayerNorm.beta"),
        ("mlp.0.weight", "mlp.linear_1.weight"), ("mlp.0.bias", "mlp.linear_1.bias"),
        ("mlp.3.weight", "mlp.linear_2.weight"), ("mlp.3.bias", "mlp.linear_2.bias"),
    ]

    /// Parts of the names that transformers 5 writes to files, and what stands there in memory: all that occur in a
    /// name are replaced, in this order.
    private static let parts = [
        ("encoder.layer.", "layers."),
        (".attention.attention.query.", ".attention.q_proj."), (".attention.attention.key.", ".attention.k_proj."),
        (".attention.attention.value.", ".attention.v_proj."), (".attention.output.dense.", ".attention.o_proj."),
        (".intermediate.dense.", ".mlp.fc1."), (".output.dense.", ".mlp.fc2."),
    ]

    /// Names that a tensor may have in place of `name`.
    static func of(_ name: String) -> [String] {
        let old = ends.first { name.hasSuffix($0.0) }.map { String(name.dropLast($0.0.count)) + $0.1 }
        let inMemory = parts.reduce(name) { $0.replacingOccurrences(of: $1.0, with: $1.1) }
        return [old, inMemory == name ? nil : inMemory].compactMap { $0 }
    }
}
