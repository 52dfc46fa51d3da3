/// What `convert` wrote and what it left out.
public struct Conversion: Sendable, Equatable {
    /// Tensors written.
    public let tensorCount: Int
    /// Keys kept in `__metadata__`.
    public let metadataKeys: [String]
    /// What the new file does not have: top-level keys (such as an optimizer's state), and entries of the state dict
    /// that are no tensors.
    public let dropped: [String]
}

/// Writes the tensors of any checkpoint to one safetensors file, bit for bit.
///
/// Plain values at the top level of a PyTorch archive (`model_args`, step counters) go to `__metadata__` as JSON text;
/// what holds tensors or cannot be said in JSON is dropped and reported. Tied tensors are written once for each name.
///
/// - Throws: errors of opening, reading and writing.
public func convert(_ input: String, to output: String) throws(CheckpointError) -> Conversion {
    let source = try Checkpoint(opening: input)
    var metadata = source.metadata
    if source.format != .safetensors, source.format != .sharded, metadata["format"] == nil {
        // Readers of the transformers library refuse a file that does not say which framework laid out its tensors.
        metadata["format"] = "pt"
    }
    let writer = try CheckpointWriter(output, layout: CheckpointLayout(tensors: source.tensors, metadata: metadata))
    for tensor in writer.tensors { try writer.copy(tensor.name, from: source) }
    try writer.commit()
    let lost = source.values.filter { entry in entry.key.string.map { metadata[$0] == nil } ?? true }
    let skipped = source.skipped
    return Conversion(
        tensorCount: source.tensors.count, metadataKeys: metadata.keys.sorted(),
        dropped: lost.map(\.key.label) + skipped)
}
