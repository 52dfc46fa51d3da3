import Glibc

/// What a file is, told from its first bytes; its extension decides only between error messages.
enum FileKind {
    case safetensors
    case index
    case torchArchive

    /// - Throws: `legacyTorchFile`, `unknownFormat`.
    init(of input: InputFile) throws(CheckpointError) {
        let start = try input.bytes(0..<min(input.size, 64))
        if start.starts(with: [0x50, 0x4B, 3, 4]) || start.starts(with: [0x50, 0x4B, 5, 6]) {
            self = .torchArchive
        } else if start.count > 8, start[4..<8].allSatisfy({ $0 == 0 }), start[8] == UInt8(ascii: "{") {
            // A header length below 2^32, then a JSON object. Text has no zero bytes.
            self = .safetensors
        } else if start.first(where: { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }) == UInt8(ascii: "{") {
            self = .index
        } else if input.path.hasSuffix(".safetensors"), !start.starts(with: Array("version https://git-lfs".utf8)) {
            // Broken, but meant to be one: the reader says what is wrong with it.
            self = .safetensors
        } else if start.count > 2, start[0] == 0x80, (2...5).contains(start[1]) {
            throw .legacyTorchFile(file: input.path)
        } else {
            throw .unknownFormat(file: input.path, found: FileKind.describe(start))
        }
    }

    private static func describe(_ start: [UInt8]) -> String {
        if start.starts(with: Array("version https://git-lfs".utf8)) {
            return "a Git LFS pointer; fetch the file itself with git lfs pull"
        }
        return "first bytes "
            + start.prefix(8).map { byte in
                let digits = String(byte, radix: 16)
                return digits.count == 1 ? "0" + digits : digits
            }.joined(separator: " ")
    }
}

func isDirectory(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
}

func exists(_ path: String) -> Bool {
    access(path, F_OK) == 0
}
