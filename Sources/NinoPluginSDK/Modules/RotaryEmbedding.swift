/// Turns queries and keys by their positions (Su et al. 2021), in each head element i with element i + width / 2.
public struct RotaryEmbedding: Sendable, Equatable {
    /// Of a head.
    public let width: Int
    /// How many of a head's dimensions turn, from the first; the others stay.
    public let dimensions: Int
    /// Base of the wavelengths.
    public let theta: Double
    /// Of long wavelengths; nil for none.
    public let scaling: Scaling?

    /// Long wavelengths are stretched, short ones stay, those between are blended (`rope_type` llama3).
    public struct Scaling: Sendable, Equatable {
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
    /// - Parameters:
    ///   - theta: base of the wavelengths.
    ///   - width: of a head.
    ///   - dimensions: how many of a head's dimensions turn, from the first, an even number; nil for all.
    public init(theta: Double, width: Int, dimensions: Int? = nil) {
        (self.theta, scaling, self.width, self.dimensions) = (theta, nil, width, dimensions ?? width)
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
        var read: [(key: String, scaling: Scaling?, theta: Double?)] = []
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
        (self.width, dimensions) = (width, width)
    }

    /// Queries or keys `[B, T, heads · width]`, turned.
    public func callAsFunction(_ x: Neurons) throws -> Neurons {
        try x.read(
            graph: { $1 },
            trace: { forward, x in
                guard dimensions < width else { return try turn(forward, x) }
                let dims = try forward.shape(x)
                let heads = try forward.reshape(x, [dims[0], dims[1], dims[2] / width, width])
                let turning = try forward.slice(heads, axis: 3, 0..<dimensions)
                let turned = try turn(forward, forward.reshape(turning, [dims[0], dims[1], -1]))
                let front = try forward.reshape(turned, [dims[0], dims[1], dims[2] / width, dimensions])
                let rest = try forward.slice(heads, axis: 3, dimensions..<width)
                return try forward.reshape(forward.concat([front, rest], axis: 3), dims)
            })
    }

    private func turn(_ forward: ForwardBuilder, _ x: Value) throws -> Value {
        let (width, theta) = (Attribute.integer(dimensions), Attribute.real(theta))
        guard let scaling else { return try forward.op("rotary", [x], ["width": width, "theta": theta]) }
        return try forward.op(
            "rotary", [x],
            [
                "width": width, "theta": theta, "factor": .real(scaling.factor),
                "lowFactor": .real(scaling.lowFactor), "highFactor": .real(scaling.highFactor),
                "positions": .integer(scaling.positions),
            ])
    }

    private static let thetas = 1e-3...1e12

    private static func read(_ inner: inout ConfigurationReader, positions: Int) throws -> (Scaling?, Double?) {
        let types = ["default", "llama3"]
        let old = try inner.text("type", default: "default", oneOf: types)
        let type = try inner.text("rope_type", default: old, oneOf: types)
        let theta = try inner.optionalReal("rope_theta", in: thetas)
        _ = try inner.real("partial_rotary_factor", default: 1, in: 1...1)
        var scaling: Scaling?
        if type == "llama3" {
            let low = try inner.real("low_freq_factor", in: 1e-6...1e6)
            scaling = Scaling(
                factor: try inner.real("factor", in: 1...1e6), lowFactor: low,
                highFactor: try inner.real("high_freq_factor", in: low.nextUp...1e6),
                positions: try inner.integer("original_max_position_embeddings", default: positions))
        }
        try inner.refuseOtherKeys()
        return (scaling, theta)
    }
}
