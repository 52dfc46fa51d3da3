import Checkpoints
import Glibc
import TestSupport
import Testing

struct AtomicFileTests {
    let folder = TemporaryFolder()

    func text(_ name: String) -> String { String(decoding: TemporaryFolder.bytes(of: folder + name), as: UTF8.self) }

    @Test func nothingShowsBeforeCommit() throws {
        let file = try AtomicFile(folder + "a.txt")
        try file.write("hello ")
        try file.write("world")
        #expect(access(folder + "a.txt", F_OK) != 0)
        try file.commit()
        #expect(text("a.txt") == "hello world" && file.bytesWritten == 11)
        #expect(folder.contents == ["a.txt"])
    }

    @Test func droppedFileLeavesTheOldOneWhole() throws {
        _ = folder.write("old", to: "a.txt")
        do {
            let file = try AtomicFile(folder + "a.txt")
            try file.write("new")
        }
        #expect(text("a.txt") == "old" && folder.contents == ["a.txt"])
    }

    @Test func committedFileReplacesTheOldOneAndKeepsItsPermissions() throws {
        chmod(folder.write("old", to: "a.txt"), 0o640)
        try AtomicFile.write("new", to: folder + "a.txt")
        var status = stat()
        stat(folder + "a.txt", &status)
        #expect(text("a.txt") == "new" && status.st_mode & 0o777 == 0o640)
    }

    @Test func linkStaysALink() throws {
        _ = folder.write("old", to: "target")
        symlink("target", folder + "link")
        try AtomicFile.write("new", to: folder + "link")
        #expect(text("target") == "new" && folder.contents == ["link", "target"])
    }

    /// The limit is far above what other tests write, for it holds for the whole process.
    @Test func writingBeyondTheLimitFailsAndCleansUp() throws {
        _ = folder.write("old", to: "a.txt")
        let limit = 48 << 20
        var old = rlimit()
        getrlimit(__rlimit_resource_t(1), &old)
        var low = rlimit(rlim_cur: rlim_t(limit), rlim_max: old.rlim_max)
        setrlimit(__rlimit_resource_t(1), &low)
        defer { setrlimit(__rlimit_resource_t(1), &old) }
        let file = try AtomicFile(folder + "a.txt")
        let block = [UInt8](repeating: 1, count: 32 << 20)
        try block.withUnsafeBytes { try file.write($0) }
        #expect(
            throws: CheckpointError.cannotWrite(
                file: folder + "a.txt", cause: "File too large", written: limit, wanted: 64 << 20)
        ) {
            try block.withUnsafeBytes { try file.write($0) }
        }
        #expect(text("a.txt") == "old" && folder.contents == ["a.txt"])
    }

    @Test func impossiblePlacesAreErrorsAtOnce() {
        let missing = folder + "no/such/a.txt"
        #expect(
            throws: CheckpointError.cannotWrite(
                file: missing, cause: "No such file or directory", written: 0, wanted: 0)
        ) { try AtomicFile(missing) }
        let cause = "expected a file or nothing under this name, found "
        #expect(
            throws: CheckpointError.cannotWrite(file: folder.path, cause: cause + "a directory", written: 0, wanted: 0)
        ) { try AtomicFile(folder.path) }
        #expect(
            throws: CheckpointError.cannotWrite(
                file: "/dev/null", cause: cause + "a pipe or device", written: 0, wanted: 0)
        ) { try AtomicFile("/dev/null") }
    }
}
