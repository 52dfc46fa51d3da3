import JSONText

/// Safetensors files that each hold parts of tensors, as `torch.distributed.checkpoint` writes them for Hugging Face:
/// `DCP_SHARDING_INFO` in a file's metadata says where each of its tensors begins in the whole.
struct ShardedParts {
    let store: AssembledStore

    static let key = "DCP_SHARDING_INFO"

    /// `shard-00001-model-00001-of-00002.safetensors`
    static func areParts(_ names: [String]) -> Bool { names.allSatisfy { $0.hasPrefix("shard-") } }

    /// - Parameter directory: with its slash.
    init(directory: String, names: [String], path: String) throws(CheckpointError) {
        var pieces: [String: [TensorPiece]] = [:]
        var types: [String: DType] = [:]
        var order: [String] = []
        for name in names {
            let file = try SafetensorsFile(InputFile(directory + name))
            let origins = try Self.origins(of: file)
            for (index, info) in file.tensors.enumerated() {
                let origin = origins[info.name] ?? info.shape.map { _ in 0 }
                guard origin.count == info.shape.count else {
                    throw .piecesDoNotFit(
                        file: file.input.path, tensor: info.name,
                        found: "a place with \(origin.count) numbers for shape \(info.shape)")
                }
                if types[info.name] == nil { order.append(info.name) }
                types[info.name] = types[info.name] ?? info.dtype
                pieces[info.name, default: []].append(
                    TensorPiece(origin: origin, shape: info.shape, store: file, tensor: index))
            }
        }
        var assembled: [AssembledTensor] = []
        for name in order {
            let shape = try Self.shape(of: pieces[name]!, tensor: name, file: path)
            guard let dtype = types[name], TensorInfo.bitCount(shape, dtype) != nil else {
                throw .piecesDoNotFit(file: path, tensor: name, found: "a shape of \(shape)")
            }
            let info = TensorInfo(name: name, dtype: dtype, shape: shape)
            assembled.append(try AssembledTensor(info, pieces: pieces[name]!, file: path))
        }
        store = AssembledStore(assembled, path: path)
    }

    /// Where each tensor of a file begins.
    private static func origins(of file: SafetensorsFile) throws(CheckpointError) -> [String: [Int]] {
        guard let text = file.metadata[key] else { return [:] }
        struct Entry: Decodable {
            let saved_offsets: [Int]
        }
        do throws(JSONError) {
            let entries: [String: Entry] = try JSONText.decode(from: text.utf8, file: "\(file.input.path): \(key)")
            return entries.mapValues(\.saved_offsets)
        } catch {
            throw .json(error)
        }
    }

    /// As far as the pieces reach.
    private static func shape(of pieces: [TensorPiece], tensor: String, file: String) throws(CheckpointError) -> [Int] {
        var shape = pieces[0].shape
        for piece in pieces {
            guard piece.shape.count == shape.count else {
                throw .piecesDoNotFit(file: file, tensor: tensor, found: "pieces of \(shape.count) and other axes")
            }
            for axis in shape.indices {
                let (end, overflow) = piece.origin[axis].addingReportingOverflow(piece.shape[axis])
                guard !overflow, piece.origin[axis] >= 0 else {
                    throw .piecesDoNotFit(file: file, tensor: tensor, found: "a piece at \(piece.origin)")
                }
                shape[axis] = max(shape[axis], end)
            }
        }
        return shape
    }
}
