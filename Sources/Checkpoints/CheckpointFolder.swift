import JSONText

/// The model that a folder holds: of Hugging Face, PEFT, `torch.distributed.checkpoint`, or of ranks' files.
enum CheckpointFolder {
    /// A file that holds the model or leads to it.
    case file(String)
    /// Safetensors files with `DCP_SHARDING_INFO`, by their paths.
    case parts([String])
    /// Its `.metadata` says where everything is.
    case distributed
    /// Names of one file a rank.
    case ranks([String])

    /// In the order of preference, except that an index and a single file of the same kind are ambiguous.
    private static let names = [
        ("model.safetensors.index.json", "model.safetensors"),
        ("diffusion_pytorch_model.safetensors.index.json", "diffusion_pytorch_model.safetensors"),
        ("pytorch_model.bin.index.json", "pytorch_model.bin"), ("", "adapter_model.safetensors"),
        ("", "adapter_model.bin"), ("", "consolidated.safetensors"),
    ]

    /// - Parameter directory: with its slash.
    /// - Throws: `directoryAmbiguous`, `directoryWithoutCheckpoint`, `rankMissing`.
    init(_ directory: String, path: String) throws(CheckpointError) {
        let found = listing(directory)
        let there = Set(found)
        for (index, single) in Self.names {
            switch (there.contains(index), there.contains(single)) {
            case (true, false): self = .file(directory + index)
            case (false, true): self = .file(directory + single)
            case (true, true): throw .directoryAmbiguous(file: path, found: [index, single])
            case (false, false): continue
            }
            return
        }
        if there.contains(DistributedCheckpoint.metadataName) {
            self = .distributed
        } else if let names = try RankFiles.names(in: found, path: path) {
            self = .ranks(names)
        } else {
            let tensors = found.filter { $0.hasSuffix(".safetensors") && !$0.hasPrefix(".") }
            guard let first = tensors.first else {
                throw .directoryWithoutCheckpoint(file: path, found: Self.describe(found))
            }
            if tensors.count == 1 {
                self = .file(directory + first)
            } else if ShardedParts.areParts(tensors) {
                self = .parts(tensors)
            } else {
                throw .directoryAmbiguous(file: path, found: tensors)
            }
        }
    }

    /// What a folder is that holds no model, and what to do.
    private static func describe(_ names: [String]) -> String {
        let folders = names.filter { $0.hasPrefix("checkpoint-") }
        if let last = folders.max(by: { $0.utf8.count == $1.utf8.count ? $0 < $1 : $0.utf8.count < $1.utf8.count }) {
            return "the folder of a run; name one of its checkpoints, such as \(last), or give the folder to "
                + "nino step RUN_DIR"
        }
        let isDeepSpeed = names.contains("zero_to_fp32.py") || names.contains { $0.hasPrefix("mp_rank_") }
        if isDeepSpeed || names.contains(where: { $0.hasPrefix("zero_pp_rank_") || $0.hasPrefix("bf16_zero_") }) {
            return "DeepSpeed's own files; convert them with python zero_to_fp32.py --safe_serialization . out"
        }
        if names.contains(where: { $0.hasPrefix("consolidated.") && $0.hasSuffix(".pth") }) {
            return "Meta's own files; convert them with transformers' convert_llama_weights_to_hf.py"
        }
        if names.contains("saved_model.pb") || names.contains(where: { $0.hasSuffix(".ckpt.index") }) {
            return "a TensorFlow model; load it in its library and write it with safetensors.numpy.save_file"
        }
        if names.contains("flax_model.msgpack") || names.contains("_CHECKPOINT_METADATA") {
            return "a JAX checkpoint; load it in its library and write it with safetensors.flax.save_file"
        }
        if names.contains("latest_checkpointed_iteration.txt") || names.contains("common.pt") {
            return "Megatron's own files; export them with megatron-bridge to the Hugging Face format"
        }
        let shown = names.prefix(4).map { $0.shown(limit: 40) }.joined(separator: ", ")
        return names.isEmpty ? "nothing" : "\(shown)\(names.count > 4 ? ", … (\(names.count) names)" : "")"
    }
}
