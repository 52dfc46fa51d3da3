import Checkpoints
import Foundation
import Tensors

/// Rows of node terms that lie in their file, with the CRC-32 of those of all arrays, one array after the other.
struct TermRows: Sendable, Equatable {
    let rows: Range<Int>
    let checksum: UInt32
}

/// The node terms of a nowcast on disk: arrays of one shape end to end, each rank writing its rows.
struct TermFile {
    private let path: String
    private let nodes: Int
    /// Bytes of a row, and of all arrays.
    private let rowBytes: Int
    private let size: Int

    /// Rows that have a checksum together.
    private static let piece = 4096

    /// - Parameter terms: of the shape that the arrays have, [nodes, H].
    init(_ path: String, like terms: [Tensor]) {
        self.path = path
        nodes = terms[0].shape[0]
        rowBytes = terms[0].count / max(1, nodes) * MemoryLayout<Float>.stride
        size = terms.count * nodes * rowBytes
    }

    /// - Returns: what was written and is on the disk; nil if it could not be.
    func write(_ terms: [Tensor], rows: Range<Int>) -> [TermRows]? {
        // Never through a link, since anybody could have laid one under a name that is known beforehand.
        let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o666)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        guard ftruncate(descriptor, off_t(size)) == 0 else { return nil }
        var written: [TermRows] = []
        for rows in rows.pieces(of: Self.piece) {
            var checksum: UInt32 = 0
            for (index, term) in terms.enumerated() {
                let bytes = bytes(of: term, rows)
                checksum = Checksum.crc32(UnsafeRawBufferPointer(bytes), from: checksum)
                guard transfer(bytes, at: offset(of: index, rows), { pwrite(descriptor, $0, $1, $2) }) else {
                    return nil
                }
            }
            written.append(TermRows(rows: rows, checksum: checksum))
        }
        return fdatasync(descriptor) == 0 ? written : nil
    }

    /// Fills in rows of the arrays, and maybe more of them.
    ///
    /// - Parameter kept: what the file holds.
    /// - Returns: false if it does not hold every row, or something else by now.
    func read(_ kept: [TermRows], into terms: [Tensor], rows: [Range<Int>]) -> Bool {
        guard NodeRanges(kept.map(\.rows)).ranges == [0..<nodes] else { return false }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, Int(status.st_size) == size else { return false }
        for piece in kept where rows.contains(where: { $0.overlaps(piece.rows) }) {
            var checksum: UInt32 = 0
            for (index, term) in terms.enumerated() {
                let bytes = bytes(of: term, piece.rows)
                guard transfer(bytes, at: offset(of: index, piece.rows), { pread(descriptor, $0, $1, $2) }) else {
                    return false
                }
                checksum = Checksum.crc32(UnsafeRawBufferPointer(bytes), from: checksum)
            }
            guard checksum == piece.checksum else { return false }
        }
        return true
    }

    private func offset(of term: Int, _ rows: Range<Int>) -> Int { (term * nodes + rows.lowerBound) * rowBytes }

    private func bytes(of term: Tensor, _ rows: Range<Int>) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(
            start: UnsafeMutableRawPointer(term.address) + rows.lowerBound * rowBytes, count: rows.count * rowBytes)
    }

    /// Moves all bytes by calls that may each move fewer.
    private func transfer(
        _ bytes: UnsafeMutableRawBufferPointer, at offset: Int,
        _ call: (UnsafeMutableRawPointer, Int, off_t) -> Int
    ) -> Bool {
        var done = 0
        while done < bytes.count {
            let count = call(bytes.baseAddress! + done, bytes.count - done, off_t(offset + done))
            guard count > 0 || count < 0 && errno == EINTR else { return false }
            done += max(0, count)
        }
        return true
    }
}
