/// The rotary position embedding a config asks for.
public struct RotaryEmbedding: Sendable, Equatable {
    /// Base of the wavelengths.
    public let theta: Double
    /// nil: not scaled.
    public let scaling: Llama3Scaling?
    /// Turns by the negative angles.
    public let isInverse: Bool

    /// Scaling of the frequencies as in Llama 3.
    public struct Llama3Scaling: Sendable, Equatable {
        /// What long wavelengths are multiplied by.
        public let factor: Double
        /// Wavelengths above `positions / lowFactor` are long.
        public let lowFactor: Double
        /// Wavelengths below `positions / highFactor` stay; those between are blended.
        public let highFactor: Double
        /// Positions of the first training.
        public let positions: Int
    }

    /// Not scaled.
    public init(theta: Double, isInverse: Bool = false) {
        (self.theta, scaling, self.isInverse) = (theta, nil, isInverse)
    }

    /// Reads `rope_theta` and `rope_scaling` (transformers up to 4), or `rope_parameters` (from 5 on), which holds
    /// both.
    /// - Parameters:
    ///   - configuration: the config, or the object in it, that holds these keys.
    ///   - width: of a head.
    ///   - positions: `max_position_embeddings`, the default of `original_max_position_embeddings`.
    /// - Throws: `PluginError.invalid` naming the key, for a type other than default and llama3, and for
    ///   contradictions.
    public init(_ configuration: inout ConfigurationReader, width: Int, positions: Int) throws {
        guard width.isMultiple(of: 2) else {
            throw PluginError.invalid(
                "key \"head_dim\": expected an even number for the rotary embedding, found \(width)")
        }
        let partial = try configuration.real("partial_rotary_factor", default: 1, in: 0...1)
        guard partial == 1 else {
            throw PluginError.invalid("key \"partial_rotary_factor\": expected 1, found \(partial)")
        }
        let given = try configuration.optionalReal("rope_theta", in: Self.thetas)
        var read: [(key: String, scaling: Llama3Scaling?, theta: Double?)] = []
        for key in ["rope_scaling", "rope_parameters"] {
            guard var inner = try configuration.object(key) else { continue }
            let (scaling, theta) = try Self.read(&inner, positions: positions)
            read.append((key, scaling, theta))
        }
        if read.count == 2, read[0].scaling != read[1].scaling {
            throw PluginError.invalid(
                "key \"rope_scaling\": expected the same as \"rope_parameters\", found another scaling")
        }
        for case (let key, _, let inner?) in read {
            guard let given, given != inner else { continue }
            throw PluginError.invalid("key \"rope_theta\": expected \(inner), as in \"\(key)\", found \(given)")
        }
        theta = given ?? read.lazy.compactMap(\.theta).first ?? 10_000
        scaling = read.first?.scaling
        isInverse = false
    }

    private static let thetas = 1e-3...1e12

    private static func read(_ inner: inout ConfigurationReader, positions: Int) throws -> (Llama3Scaling?, Double?) {
        let types = ["default", "llama3"]
        let old = try inner.text("type", default: "default", oneOf: types)
        let type = try inner.text("rope_type", default: old, oneOf: types)
        let theta = try inner.optionalReal("rope_theta", in: thetas)
        _ = try inner.real("partial_rotary_factor", default: 1, in: 1...1)
        var scaling: Llama3Scaling?
        if type == "llama3" {
            let low = try inner.real("low_freq_factor", in: 1e-6...1e6)
            scaling = Llama3Scaling(
                factor: try inner.real("factor", in: 1...1e6), lowFactor: low,
                highFactor: try inner.real("high_freq_factor", in: low.nextUp...1e6),
                positions: try inner.integer("original_max_position_embeddings", default: positions))
        }
        try inner.refuseOtherKeys()
        return (scaling, theta)
    }
}
