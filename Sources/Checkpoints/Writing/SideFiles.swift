import Glibc

extension Checkpoint {
    /// Larger files are not copied beside a nowcast: tokenizers have some 20 MB.
    private static let largestSideFile = 64 << 20

    /// What belongs to a model that was opened as a folder beside its weights, such as `config.json` and the
    /// tokenizer's files; nothing of the run it comes from.
    public var sideFiles: [String] {
        guard let folder else { return [] }
        return listing(folder).filter { name in
            guard !name.hasPrefix("."), !name.hasSuffix(".index.json"), name != "trainer_state.json",
                [".json", ".txt", ".model", ".jinja"].contains(where: name.hasSuffix)
            else { return false }
            var status = stat()
            return stat(folder + name, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
                && status.st_size <= Self.largestSideFile
        }
    }

    /// Copies the side files into a folder that a nowcast was written to; does nothing for a file.
    ///
    /// - Throws: errors of reading and writing.
    public func copySideFiles(to path: String) throws(CheckpointError) {
        guard let folder, isDirectory(path) else { return }
        let target = path.hasSuffix("/") ? path : path + "/"
        for name in sideFiles where !exists(target + name) {
            let bytes = try WholeFile.bytes(of: folder + name, limit: Self.largestSideFile)
            let file = try AtomicFile(target + name)
            try bytes.withUnsafeBufferPointer { (buffer) throws(CheckpointError) in
                try file.write(UnsafeRawBufferPointer(buffer))
            }
            try file.commit()
        }
    }
}
