import Checkpoints
import Glibc
import TestSupport
import Testing

struct OpeningTests {
    let folder = TemporaryFolder()
    let model = safetensors(
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", littleEndian([Float(3)]))

    @Test func contentDecidesNotTheExtension() throws {
        let archive = folder.archive(
            "x.safetensors", pickle: Pickle.file(Pickle.dict([("a", Pickle.tensor("0", [1]))])),
            storages: [("0", littleEndian([Float(3)]))])
        #expect(try Checkpoint(opening: archive).format == .torch)
        #expect(try Checkpoint(opening: folder.write(model, to: "x.pt")).format == .safetensors)
        #expect(try Checkpoint(opening: folder.write(model, to: "x")).floats("a") == [3])
    }

    @Test func whatIsNoCheckpointSaysWhatItIs() {
        let missing = folder + "missing.pt"
        #expect(throws: CheckpointError.cannotOpen(file: missing, cause: "No such file or directory")) {
            try Checkpoint(opening: missing)
        }
        let empty = folder.write([], to: "empty.pt")
        #expect(throws: CheckpointError.emptyFile(file: empty)) { try Checkpoint(opening: empty) }
        let text = folder.write("hello", to: "text.pt")
        #expect(throws: CheckpointError.unknownFormat(file: text, found: "text, beginning with \"hello\"")) {
            try Checkpoint(opening: text)
        }
        let old = folder.write([0x80, 2, 0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9], to: "old.pt")
        #expect(throws: CheckpointError.legacyTorchFile(file: old)) { try Checkpoint(opening: old) }
        let pointer = folder.write("version https://git-lfs.github.com/spec/v1\n", to: "model.safetensors")
        #expect(
            throws: CheckpointError.unknownFormat(
                file: pointer, found: "a Git LFS pointer; fetch the file itself with git lfs pull")
        ) {
            try Checkpoint(opening: pointer)
        }
        mkfifo(folder + "pipe.pt", 0o600)
        #expect(throws: CheckpointError.notAFile(file: folder + "pipe.pt", found: "a pipe that nobody writes to")) {
            try Checkpoint(opening: folder + "pipe.pt")
        }
    }

    @Test func bytesOfTheProgramAreReadAsAFileIs() throws {
        try model.withUnsafeBytes { bytes in
            let checkpoint = try Checkpoint(memory: bytes, name: "part")
            #expect(checkpoint.path == "part" && checkpoint.format == .safetensors)
            #expect(try checkpoint.floats("a") == [3])
            let short = UnsafeRawBufferPointer(rebasing: bytes.dropLast())
            #expect(throws: CheckpointError.lengthMismatch(file: "part", expected: bytes.count, found: bytes.count - 1))
            {
                try Checkpoint(memory: short, name: "part")
            }
            #expect(throws: CheckpointError.emptyFile(file: "part")) {
                try Checkpoint(memory: UnsafeRawBufferPointer(rebasing: bytes[0..<0]), name: "part")
            }
        }
    }

    @Test func directoryIsSearchedForOneModel() throws {
        let path = String(folder.path.dropLast())
        #expect(throws: CheckpointError.directoryWithoutCheckpoint(file: path, found: "nothing")) {
            try Checkpoint(opening: path)
        }
        _ = folder.write(model, to: "model.safetensors")
        #expect(try Checkpoint(opening: path).floats("a") == [3])
        _ = folder.write("{\"weight_map\":{\"a\":\"model.safetensors\"}}", to: "model.safetensors.index.json")
        let both = CheckpointError.directoryAmbiguous(
            file: path, found: ["model.safetensors.index.json", "model.safetensors"])
        #expect(throws: both) { try Checkpoint(opening: path) }
    }

    @Test func messagesAreOneLineWithFileExpectedAndFound() {
        let error = CheckpointError.shapeMismatch(file: "f.pt", tensor: "w", expected: [2, 3], found: [3, 2])
        #expect("\(error)" == "f.pt: tensor 'w': expected shape [2, 3], found [3, 2]")
        let long = CheckpointError.shapeMismatch(
            file: "f.pt", tensor: "w", expected: [], found: Array(repeating: 1, count: 1_000_000))
        #expect("\(long)".utf8.count < 200)
    }
}
