import JSONText

/// Everything that can be wrong with a checkpoint: one case per rule. Each names the file and, where there is one, the
/// tensor.
public enum CheckpointError: Error, Sendable, Equatable {
    // Files.
    /// Missing, unreadable, or a broken link.
    case cannotOpen(file: String, cause: String)
    /// A pipe, device, or a directory where a file is needed.
    case notAFile(file: String, found: String)
    case emptyFile(file: String)
    /// Bytes; beyond a bound set before memory is taken.
    case tooLarge(file: String, limit: Int, found: String)
    /// A directory without a model that can be read: what is there instead.
    case directoryWithoutCheckpoint(file: String, found: String)
    /// A directory with both.
    case directoryAmbiguous(file: String, found: [String])
    /// Content that is no checkpoint format.
    case unknownFormat(file: String, found: String)
    case readFailed(file: String, cause: String, offset: Int, bytes: Int)
    case outOfMemory(file: String, what: String, bytes: Int)

    // JSON text (safetensors header, index).
    case json(JSONError)
    case duplicateKey(file: String, key: String)

    // safetensors, in the order of the checks.
    case fileTooShort(file: String, found: Int)
    case headerTooLong(file: String, expected: Int, found: UInt64)
    case headerBeyondEnd(file: String, expected: Int, found: Int)
    case headerNotUTF8(file: String)
    case headerNotObject(file: String, found: String)
    case unknownDType(file: String, tensor: String, found: String)
    case offsetGap(file: String, tensor: String, expected: Int, found: Int)
    case offsetsReversed(file: String, tensor: String, begin: Int, end: Int)
    case sizeOverflow(file: String, tensor: String, shape: [Int], dtype: DType)
    case partialByte(file: String, tensor: String, shape: [Int], dtype: DType)
    case sizeMismatch(file: String, tensor: String, expected: Int, found: Int)
    case lengthMismatch(file: String, expected: Int, found: Int)

    // Sharded models.
    case shardNameEscapes(file: String, tensor: String, found: String)
    case shardMissing(file: String, shard: String, cause: String)
    case tensorMissingFromShard(file: String, tensor: String, shard: String)
    case tensorInTwoShards(file: String, tensor: String, shards: [String])
    case tensorNotInIndex(file: String, tensor: String, shard: String)

    // Models in pieces.
    /// The pieces of a tensor do not cover it once.
    case piecesDoNotFit(file: String, tensor: String, found: String)
    case rankMissing(file: String, found: String)
    /// One rank's part of a model, opened by itself.
    case partOfModel(file: String, tensor: String)

    // PyTorch archives.
    /// Written by torch.save before version 1.6, or a bare pickle.
    case legacyTorchFile(file: String)
    /// A TorchScript archive, which holds code.
    case torchScript(file: String)
    /// libzip's complaint about the archive or one of its entries.
    case badArchive(file: String, entry: String, cause: String)
    case entryMissing(file: String, entry: String)
    case entryDuplicated(file: String, entry: String)
    case entryTooLarge(file: String, entry: String, limit: Int, found: UInt64)
    case wrongByteOrder(file: String, found: String)
    /// A malformed pickle: truncated, stack underflow, unknown opcode, wrong operand.
    case badPickle(file: String, offset: Int, cause: String)
    /// A pickle beyond a bound set against hostile files.
    case pickleLimit(file: String, what: String, limit: Int)
    /// A pickle that would call something outside the list of harmless names.
    case forbiddenGlobal(file: String, global: String)
    case noStateDict(file: String, found: String)
    case unsupportedTensor(file: String, tensor: String, found: String)
    case viewOutsideStorage(file: String, tensor: String, expected: String, found: String)

    // Reading tensors.
    case tensorMissing(file: String, tensor: String)
    /// A tensor that should be there, with what is there instead.
    case tensorNotFound(file: String, tensor: String, found: String)
    case wrongDType(file: String, tensor: String, expected: String, found: DType)
    case valueOutOfRange(file: String, tensor: String, index: Int, found: UInt64)

    // Histories.
    case wrongStateCount(expected: Int, found: Int)
    /// Steps as given, and paths in the right order.
    case statesOutOfOrder(found: [Int], expected: [String], source: String)
    case tensorSurplus(file: String, tensor: String, expected: String)
    case shapeMismatch(file: String, tensor: String, expected: [Int], found: [Int])
    case dtypeMismatch(file: String, tensor: String, expected: DType, found: DType)
    case notFinite(file: String, tensor: String, index: Int, found: String)

    // Writing.
    case cannotWrite(file: String, cause: String, written: Int, wanted: Int)
    /// Bytes.
    case noSpace(file: String, needed: Int, free: Int)
    /// Another process is writing the file.
    case inUse(file: String)
}

extension CheckpointError: CustomStringConvertible {
    /// One line: file, tensor or key, expected, found.
    public var description: String {
        switch self {
        case .cannotOpen(let file, let cause): "\(file): cannot open: \(cause)"
        case .notAFile(let file, let found): "\(file): expected a regular file, found \(found)"
        case .emptyFile(let file): "\(file): expected a checkpoint, found an empty file"
        case .tooLarge(let file, let limit, let found): "\(file): expected at most \(limit) bytes, found \(found)"
        case .directoryWithoutCheckpoint(let file, let found):
            "\(file): expected a model in this directory (model.safetensors, an index of shards, pytorch_model.bin, "
                + "adapter_model.safetensors, .metadata), found \(found)"
        case .directoryAmbiguous(let file, let found):
            "\(file): expected one model in this directory, found \(found.prefix(2).joined(separator: " and "))"
                + "\(found.count > 2 ? " and \(found.count - 2) more" : ""); name one of them"
        case .unknownFormat(let file, let found):
            "\(file): expected a safetensors file, an index of shards, a PyTorch zip archive or .npz, found \(found)"
        case .readFailed(let file, let cause, let offset, let bytes):
            "\(file): cannot read \(bytes) bytes at offset \(offset): \(cause)"
        case .outOfMemory(let file, let what, let bytes): "\(file): no memory for the \(bytes) bytes of \(what)"

        case .json(let error): "\(error)"
        case .duplicateKey(let file, let key): "\(file): key '\(key.shown())': expected once, found twice"

        case .fileTooShort(let file, let found): "\(file): expected at least 8 bytes, found \(found)"
        case .headerTooLong(let file, let expected, let found):
            "\(file): expected a header of at most \(expected) bytes, found \(found)"
        case .headerBeyondEnd(let file, let expected, let found):
            "\(file): the header ends at byte \(expected): expected at least that many bytes, found \(found)"
        case .headerNotUTF8(let file): "\(file): expected a header in UTF-8, found other bytes"
        case .headerNotObject(let file, let found): "\(file): expected a header that starts with '{', found \(found)"
        case .unknownDType(let file, let tensor, let found):
            "\(file): \(named(tensor)): expected one of \(DType.allCases.map(\.rawValue).joined(separator: " ")) as "
                + "dtype, found '\(found.shown())'"
        case .offsetGap(let file, let tensor, let expected, let found):
            "\(file): \(named(tensor)): expected its data at offset \(expected), where the tensor before ends, "
                + "found \(found)"
        case .offsetsReversed(let file, let tensor, let begin, let end):
            "\(file): \(named(tensor)): expected its data to end at \(begin) or later, found \(end)"
        case .sizeOverflow(let file, let tensor, let shape, let dtype):
            "\(file): \(named(tensor)): expected a size below 2^63 bits, found shape \(brief(shape)) of "
                + "\(dtype.rawValue)"
        case .partialByte(let file, let tensor, let shape, let dtype):
            "\(file): \(named(tensor)): expected whole bytes, found shape \(brief(shape)) of \(dtype.rawValue)"
        case .sizeMismatch(let file, let tensor, let expected, let found):
            "\(file): \(named(tensor)): expected \(expected) bytes of data for its shape and dtype, found \(found)"
        case .lengthMismatch(let file, let expected, let found):
            "\(file): expected a file of \(expected) bytes, found \(found)"

        case .shardNameEscapes(let file, let tensor, let found):
            "\(file): \(named(tensor)): expected the name of a file beside the index, found '\(found.shown())'"
        case .shardMissing(let file, let shard, let cause):
            "\(file): expected shard '\(shard.shown())' beside the index, found none: \(cause)"
        case .tensorMissingFromShard(let file, let tensor, let shard):
            "\(file): \(named(tensor)): expected in shard '\(shard.shown())', not found there"
        case .tensorInTwoShards(let file, let tensor, let shards):
            "\(file): \(named(tensor)): expected in one shard, found in '\(shards.joined(separator: "' and '"))'"
        case .tensorNotInIndex(let file, let tensor, let shard):
            "\(file): \(named(tensor)) of shard '\(shard.shown())': expected in weight_map, not found there"

        case .piecesDoNotFit(let file, let tensor, let found):
            "\(file): \(named(tensor)): expected pieces that cover it once, found \(found)"
        case .rankMissing(let file, let found):
            "\(file): expected a file of every rank (model_world_size_<n>_rank_<r>.pt), found \(found)"
        case .partOfModel(let file, let tensor):
            "\(file): \(named(tensor)): expected a whole tensor, found one rank's part of it; give the folder "
                + "with the files of all ranks"

        case .legacyTorchFile(let file):
            "\(file): expected a PyTorch zip archive, found the old format or a bare pickle; save it again with "
                + "torch.save(torch.load(\"old.pt\", weights_only=True), \"new.pt\") of PyTorch 1.6 or later"
        case .torchScript(let file):
            "\(file): expected a state dict saved with torch.save, found a TorchScript archive; save "
                + "model.state_dict() instead"
        case .badArchive(let file, "", let cause): "\(file): expected a zip archive that can be read, found: \(cause)"
        case .badArchive(let file, let entry, let cause): "\(file): archive entry '\(entry.shown())': \(cause)"
        case .entryMissing(let file, let entry): "\(file): expected archive entry '\(entry.shown())', found none"
        case .entryDuplicated(let file, let entry):
            "\(file): archive entry '\(entry.shown())': expected once, found twice"
        case .entryTooLarge(let file, let entry, let limit, let found):
            "\(file): archive entry '\(entry.shown())': expected at most \(limit) bytes, found \(found)"
        case .wrongByteOrder(let file, let found): "\(file): expected byteorder 'little', found '\(found.shown())'"
        case .badPickle(let file, let offset, let cause): "\(file): bad pickle at byte \(offset): \(cause)"
        case .pickleLimit(let file, let what, let limit):
            "\(file): pickle: expected at most \(limit) \(what), found more"
        case .forbiddenGlobal(let file, let global):
            "\(file): expected plain data and tensors, found a call of '\(global.shown())'; this file would run code "
                + "when loaded and is refused"
        case .noStateDict(let file, let found):
            "\(file): expected a dictionary of tensors, at the top or under 'model', 'state_dict' or "
                + "'model_state_dict', found \(found)"
        case .unsupportedTensor(let file, let tensor, let found):
            "\(file): \(named(tensor)): expected a plain dense tensor, found \(found)"
        case .viewOutsideStorage(let file, let tensor, let expected, let found):
            "\(file): \(named(tensor)): expected \(expected), found \(found)"

        case .tensorMissing(let file, let tensor): "\(file): \(named(tensor)): expected, not found"
        case .tensorNotFound(let file, let tensor, let found):
            "\(file): \(named(tensor)): expected, not found; found \(found)"
        case .wrongDType(let file, let tensor, let expected, let found):
            "\(file): \(named(tensor)): expected \(expected), found \(found.rawValue)"
        case .valueOutOfRange(let file, let tensor, let index, let found):
            "\(file): \(named(tensor)), index \(index): expected at most \(Int64.max), found \(found)"

        case .wrongStateCount(let expected, let found): "history: expected \(expected) states, found \(found)"
        case .statesOutOfOrder(let found, let expected, let source):
            "history: expected the oldest state first, found steps "
                + "\(found.map(String.init).joined(separator: ", ")) by \(source); the right order is "
                + "\(expected.joined(separator: " ")) (or give --steps)"
        case .tensorSurplus(let file, let tensor, let expected):
            "\(file): \(named(tensor)): expected \(expected), found it all the same"
        case .shapeMismatch(let file, let tensor, let expected, let found):
            "\(file): \(named(tensor)): expected shape \(brief(expected)), found \(brief(found))"
        case .dtypeMismatch(let file, let tensor, let expected, let found):
            "\(file): \(named(tensor)): expected \(expected.rawValue) as in the oldest state, found \(found.rawValue)"
        case .notFinite(let file, let tensor, let index, let found):
            "\(file): \(named(tensor)), index \(index): expected a finite number, found \(found)"

        case .noSpace(let file, let needed, let free):
            "\(file): cannot write: expected \(needed) bytes free on its disk, found \(free)"
        case .inUse(let file): "\(file): cannot write: another process is writing it"
        case .cannotWrite(let file, let cause, let written, let wanted):
            "\(file): cannot write: \(cause)" + (written == 0 ? "" : " (after \(written) of \(wanted) bytes)")
        }
    }

    private func named(_ tensor: String) -> String { "tensor '\(tensor.shown())'" }

    /// A shape for a message: a hostile one may have millions of axes.
    private func brief(_ shape: [Int]) -> String {
        shape.count <= 16
            ? "\(shape)" : "[\(shape.prefix(16).map(String.init).joined(separator: ", ")), …] (\(shape.count) axes)"
    }
}
