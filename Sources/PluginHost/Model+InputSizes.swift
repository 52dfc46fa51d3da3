import Tensors

extension Model {
    /// Types of all inputs at the sizes asked for, or where the model refuses those at the first of a few that it
    /// takes: shorter texts, then longer ones and larger batches.
    /// - Throws: as `inputTypes(batch:length:)` at the sizes asked for, if all are refused.
    public func inputTypes(near batch: Int, length: Int) throws(PluginHostError) -> [String: ValueType] {
        do throws(PluginHostError) {
            return try inputTypes(batch: batch, length: length)
        } catch {
            let shorter = stride(from: length - 1, through: 2, by: -1).map { (batch: batch, length: $0) }
            let larger = [2, 4, 8, 16].map { (batch: $0 * batch, length: $0 * length) }
            for size in shorter + larger {
                if let types = try? inputTypes(batch: size.batch, length: size.length) { return types }
            }
            throw error
        }
    }
}
