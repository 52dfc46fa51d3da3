extension Checkpoint {
    /// Checks that the file holds the wanted tensors and nothing else but buffers.
    ///
    /// - Parameters:
    ///   - parameters: names and shapes.
    ///   - isBuffer: true for the name of a tensor that is not wanted but may be there.
    /// - Throws: `tensorMissing`, `shapeMismatch`, `wrongDType` (a wanted tensor that is not of a floating-point type),
    ///   `tensorSurplus`.
    public func check(parameters: [(name: String, shape: [Int])], isBuffer: (String) -> Bool) throws(CheckpointError) {
        for parameter in parameters {
            guard let tensor = self[parameter.name] else { throw .tensorMissing(file: path, tensor: parameter.name) }
            let file = file(of: parameter.name)
            guard tensor.shape == parameter.shape else {
                throw .shapeMismatch(file: file, tensor: parameter.name, expected: parameter.shape, found: tensor.shape)
            }
            guard tensor.dtype.isFloatingPoint else {
                throw .wrongDType(
                    file: file, tensor: parameter.name, expected: "a floating-point type", found: tensor.dtype)
            }
        }
        let wanted = Set(parameters.map(\.name))
        if let surplus = tensors.first(where: { !wanted.contains($0.name) && !isBuffer($0.name) }) {
            throw .tensorSurplus(
                file: file(of: surplus.name), tensor: surplus.name,
                expected: "none of this name among parameters and buffers")
        }
    }
}
