import JSONText

extension Checkpoint {
    /// Checks that the file holds the wanted tensors and, beside buffers, nothing else that could be a parameter.
    ///
    /// - Parameters:
    ///   - parameters: names and shapes.
    ///   - isBuffer: true for the name of a tensor that is not wanted but may be there.
    /// - Returns: names of tensors beside them that hold whole numbers, such as counters, which nobody trains.
    /// - Throws: `tensorMissing`, `tensorNotFound`, `shapeMismatch`, `wrongDType` (a wanted tensor that is not of a
    ///   floating-point type), `tensorSurplus`.
    @discardableResult
    public func check(parameters: [(name: String, shape: [Int])], isBuffer: (String) -> Bool) throws(CheckpointError)
        -> [String]
    {
        for parameter in parameters {
            guard let tensor = self[parameter.name] else { throw missing(parameter.name, among: parameters) }
            let file = file(of: parameter.name)
            guard tensor.shape == parameter.shape else {
                throw .shapeMismatch(file: file, tensor: parameter.name, expected: parameter.shape, found: tensor.shape)
            }
            guard tensor.dtype.isFloatingPoint else {
                throw .wrongDType(
                    file: file, tensor: parameter.name, expected: Self.trainedType(tensor.dtype), found: tensor.dtype)
            }
        }
        let wanted = Set(parameters.map(\.name))
        let surplus = tensors.filter { !wanted.contains($0.name) && !isBuffer($0.name) }
        if let stranger = surplus.first(where: { !$0.dtype.isInteger }) {
            throw .tensorSurplus(
                file: file(of: stranger.name), tensor: stranger.name,
                expected: "none of this name among parameters and buffers")
        }
        return surplus.map(\.name)
    }

    private static func trainedType(_ dtype: DType) -> String {
        dtype.isInteger || dtype.isFloat8
            ? "a floating-point type that is trained (quantized weights are not nowcast: give the weights they were "
                + "made from)" : "a floating-point type"
    }

    /// Says what is there instead of a tensor: a beginning that would make the names match, or the closest names.
    private func missing(_ name: String, among wanted: [(name: String, shape: [Int])]) -> CheckpointError {
        if tensors.isEmpty { return .tensorMissing(file: path, tensor: name) }
        if let (found, prefix, isSurplus) = prefix(for: wanted.map(\.name)) {
            let advice =
                isSurplus
                ? "'\(found.shown())': the names would match without '\(prefix.shown())' before them"
                : "'\(found.shown())': the names would match with '\(prefix.shown())' before them"
            return .tensorNotFound(file: path, tensor: name, found: advice)
        }
        let closest = closestNames(to: name)
        guard closest.isEmpty else { return .tensorNotFound(file: path, tensor: name, found: Self.list(closest)) }
        let others = tensors.count > 3 ? ", … (\(tensors.count) tensors)" : ""
        return .tensorNotFound(file: path, tensor: name, found: Self.list(tensors.prefix(3).map(\.name)) + others)
    }

    private static func list(_ names: [String]) -> String {
        names.map { "'\($0.shown())'" }.joined(separator: ", ")
    }

    /// A beginning that most wanted names lack or have too much, with a name of the file as an example.
    private func prefix(for wanted: [String]) -> (found: String, prefix: String, isSurplus: Bool)? {
        let there = Set(tensors.map(\.name))
        guard let last = wanted.last(where: { !there.contains($0) }) else { return nil }
        if let found = tensors.first(where: { $0.name.hasSuffix("." + last) })?.name {
            let prefix = String(found.dropLast(last.utf8.count))
            if wanted.count(where: { there.contains(prefix + $0) }) * 2 > wanted.count { return (found, prefix, true) }
        }
        for found in tensors.map(\.name) where last.hasSuffix("." + found) {
            let prefix = String(last.dropLast(found.utf8.count))
            let matches = wanted.count { $0.hasPrefix(prefix) && there.contains(String($0.dropFirst(prefix.count))) }
            if matches * 2 > wanted.count { return (found, prefix, false) }
        }
        return nil
    }

    /// Up to three names that differ little, closest first.
    private func closestNames(to name: String) -> [String] {
        guard name.utf8.count <= 300 else { return [] }
        let limit = max(3, name.utf8.count * 2 / 5)
        let near = tensors.prefix(5000).filter { abs($0.name.utf8.count - name.utf8.count) <= limit }
        let ranked = near.map { (name: $0.name, distance: Suggestion.distance($0.name, name)) }
            .filter { $0.distance <= limit }
        return ranked.sorted { ($0.distance, $0.name) < ($1.distance, $1.name) }.prefix(3).map(\.name)
    }
}
