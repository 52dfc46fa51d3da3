/// A box of a tensor that lies dense in a store of its own.
struct TensorPiece: Sendable {
    /// Index of the first element on each axis of the whole tensor.
    let origin: [Int]
    let shape: [Int]
    let store: any TensorStore
    /// Index in the store.
    let tensor: Int

    var count: Int { shape.reduce(1, *) }
}

/// A tensor put together of boxes that cover it once.
struct AssembledTensor: Sendable {
    let info: TensorInfo
    let pieces: [TensorPiece]

    /// Pieces of one tensor: beyond any real run, few enough to compare each with each.
    static let mostPieces = 1 << 13

    /// - Parameter pieces: several of the same box are one, as replicas are.
    /// - Throws: `piecesDoNotFit` if a box lies outside, two overlap, something is missing, or the
    ///   store has another type or shape; `unsupportedTensor` for scalars that share bytes.
    init(_ info: TensorInfo, pieces: [TensorPiece], file: String) throws(CheckpointError) {
        guard info.dtype.size != nil else {
            throw .unsupportedTensor(
                file: file, tensor: info.name, found: "pieces of \(info.dtype.rawValue), whose scalars share bytes")
        }
        var kept: [TensorPiece] = []
        for piece in pieces where piece.count > 0 {
            guard kept.count < Self.mostPieces else {
                throw .piecesDoNotFit(file: file, tensor: info.name, found: "more than \(Self.mostPieces) pieces")
            }
            try Self.check(piece, of: info, file: file)
            if kept.contains(where: { $0.origin == piece.origin && $0.shape == piece.shape }) { continue }
            if let other = kept.first(where: { Self.overlap($0, piece) }) {
                throw .piecesDoNotFit(
                    file: file, tensor: info.name, found: "two that overlap, at \(other.origin) and \(piece.origin)")
            }
            kept.append(piece)
        }
        let covered = kept.reduce(0) { $0 + $1.count }
        guard covered == info.count else {
            throw .piecesDoNotFit(
                file: file, tensor: info.name, found: "\(covered) of the \(info.count) scalars of shape \(info.shape)")
        }
        (self.info, self.pieces) = (info, kept)
    }

    private static func check(_ piece: TensorPiece, of info: TensorInfo, file: String) throws(CheckpointError) {
        let found = piece.store.tensors[piece.tensor]
        guard found.dtype == info.dtype, found.count == piece.count else {
            throw .piecesDoNotFit(
                file: file, tensor: info.name,
                found: "\(found.dtype.rawValue) \(found.shape) where \(info.dtype.rawValue) \(piece.shape) should be, "
                    + "in \(piece.store.file(of: piece.tensor))")
        }
        let isInside = zip(zip(piece.origin, piece.shape), info.shape).allSatisfy { part, size in
            part.0 >= 0 && part.0 <= size && part.1 <= size - part.0
        }
        guard piece.origin.count == info.shape.count, piece.shape.count == info.shape.count, isInside else {
            throw .piecesDoNotFit(
                file: file, tensor: info.name,
                found: "\(piece.shape) at \(piece.origin) of a tensor of shape \(info.shape)")
        }
    }

    private static func overlap(_ first: TensorPiece, _ second: TensorPiece) -> Bool {
        first.origin.indices.allSatisfy { axis in
            first.origin[axis] < second.origin[axis] + second.shape[axis]
                && second.origin[axis] < first.origin[axis] + first.shape[axis]
        }
    }

    /// Fills `buffer` with bytes from `offset` on of the whole tensor's row-major layout.
    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(CheckpointError) {
        let size = info.dtype.size!
        for piece in pieces {
            try piece.forEachRun(of: info.shape) { (first, count, place) throws(CheckpointError) in
                let start = max(first * size, offset)
                let end = min((first + count) * size, offset + buffer.count)
                guard start < end else { return }
                try piece.store.read(
                    piece.tensor, at: place * size + start - first * size,
                    into: UnsafeMutableRawBufferPointer(rebasing: buffer[(start - offset)..<(end - offset)]))
            }
        }
    }
}

extension TensorPiece {
    /// Calls `body` with each run of scalars that lie side by side in the whole tensor: its first scalar there, how
    /// many, and its first scalar in the piece.
    func forEachRun(
        of whole: [Int], _ body: (_ first: Int, _ count: Int, _ place: Int) throws(CheckpointError) -> Void
    ) throws(CheckpointError) {
        // Axes that the piece has whole belong to its runs, and so does the first one before them.
        var inner = whole.count
        while inner > 0, shape[inner - 1] == whole[inner - 1] { inner -= 1 }
        let outer = max(inner - 1, 0)
        let run = shape[outer...].reduce(1, *)
        var strides = [Int](repeating: 1, count: whole.count)
        for axis in whole.indices.dropLast().reversed() { strides[axis] = strides[axis + 1] * whole[axis + 1] }
        let start = zip(origin, strides).reduce(0) { $0 + $1.0 * $1.1 }
        var index = [Int](repeating: 0, count: outer)
        for number in 0..<shape[..<outer].reduce(1, *) {
            let first = zip(index, strides).reduce(start) { $0 + $1.0 * $1.1 }
            try body(first, run, number * run)
            var axis = outer - 1
            while axis >= 0 {
                index[axis] += 1
                if index[axis] < shape[axis] { break }
                index[axis] = 0
                axis -= 1
            }
        }
    }
}

/// Tensors put together of pieces in several files.
struct AssembledStore: TensorStore {
    let path: String
    let assembled: [AssembledTensor]
    let tensors: [TensorInfo]

    init(_ assembled: [AssembledTensor], path: String) {
        (self.assembled, self.path) = (assembled, path)
        tensors = assembled.map(\.info)
    }

    func file(of tensor: Int) -> String { path }

    func read(_ tensor: Int, at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws(CheckpointError) {
        try assembled[tensor].read(at: offset, into: buffer)
    }
}
