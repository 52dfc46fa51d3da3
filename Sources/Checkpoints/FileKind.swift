import Glibc

/// What a file is, told from its first bytes; its extension decides only between error messages.
enum FileKind {
    case safetensors
    case index
    /// PyTorch's or NumPy's.
    case zip

    /// - Throws: `legacyTorchFile`, `unknownFormat`.
    init(of input: InputFile) throws(CheckpointError) {
        let start = try input.bytes(0..<min(input.size, 64))
        if start.starts(with: [0x50, 0x4B, 3, 4]) || start.starts(with: [0x50, 0x4B, 5, 6]) {
            self = .zip
        } else if start.count > 8, start[4..<8].allSatisfy({ $0 == 0 }), start[8] == UInt8(ascii: "{") {
            // A header length below 2^32, then a JSON object. Text has no zero bytes.
            self = .safetensors
        } else if start.first(where: { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }) == UInt8(ascii: "{") {
            self = .index
        } else if let known = FileKind.known(start) {
            throw .unknownFormat(file: input.path, found: known)
        } else if input.path.hasSuffix(".safetensors") {
            // Broken, but meant to be one: the reader says what is wrong with it.
            self = .safetensors
        } else if start.count > 2, start[0] == 0x80, (2...5).contains(start[1]) {
            throw .legacyTorchFile(file: input.path)
        } else {
            throw .unknownFormat(file: input.path, found: FileKind.describe(start))
        }
    }

    /// Formats that are recognized and not read, with the way from there.
    private static let others: [(start: String, what: String)] = [
        ("version https://git-lfs", "a Git LFS pointer; fetch the file itself with git lfs pull"),
        (
            "GGUF",
            "a GGUF file, which is for inference; take the model's safetensors files, or load it with transformers' "
                + "from_pretrained(…, gguf_file=…) and save_pretrained"
        ),
        (
            "\u{89}HDF\r\n",
            "an HDF5 file of Keras or TensorFlow; load it in its library and write it with safetensors.numpy.save_file"
        ),
        ("\u{93}NUMPY", "a single NumPy array; save all tensors by name with numpy.savez"),
        ("<!DOCTYPE", "a web page; the download went wrong"), ("<html", "a web page; the download went wrong"),
    ]

    private static func known(_ start: [UInt8]) -> String? {
        others.first { start.starts(with: $0.start.unicodeScalars.map { UInt8($0.value) }) }?.what
            ?? (start.starts(with: [0x1F, 0x8B]) ? "gzip data; unpack it first, or give <(zcat …) in the shell" : nil)
    }

    private static func describe(_ start: [UInt8]) -> String {
        let line = start.prefix { $0 != 0x0A && $0 != 0x0D }
        if line.count > 1, line.allSatisfy({ (0x20..<0x7F).contains($0) }) {
            return "text, beginning with \"\(String(decoding: line.prefix(32), as: UTF8.self))\""
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

/// Names in a folder, sorted; none if it cannot be read.
func listing(_ path: String) -> [String] {
    guard let folder = opendir(path) else { return [] }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
        let name = withUnsafeBytes(of: &entry.pointee.d_name) {
            String(cString: $0.baseAddress!.assumingMemoryBound(to: CChar.self))
        }
        if name != "." && name != ".." { names.append(name) }
    }
    return names.sorted()
}
