/// Takes weights by name and checks them.
struct WeightReader {
    let weights: [String: NamedWeight]

    /// - Parameter shape: nil stands for any size of at least 1.
    /// - Throws: `weightMissing`, `weightShape`, `weightNotFinite`.
    func weight(_ name: String, shape: [Int?]) throws(NowcastError) -> NamedWeight {
        guard let weight = weights[name] else { throw .weightMissing(name: name) }
        let fits = weight.shape.count == shape.count && zip(weight.shape, shape).allSatisfy { $0 > 0 && $0 == $1 ?? $0 }
        guard fits else { throw .weightShape(name: name, expected: shape, found: weight.shape) }
        guard weight.values.allSatisfy(\.isFinite) else { throw .weightNotFinite(name: name) }
        return weight
    }

    /// One more than the largest number that follows `prefix` in a name; 0 if there is none. Numbers beyond that of the
    /// weights do not count: no network has fewer weights than layers.
    func count(_ prefix: String) -> Int {
        weights.keys.filter { $0.hasPrefix(prefix) }.compactMap { Int($0.dropFirst(prefix.count).prefix { $0 != "." }) }
            .filter { $0 < weights.count }.map { $0 + 1 }.max() ?? 0
    }
}
