/// Files in Tests/Fixtures/checkpoints, made by checkpoints.py beside it: one model as many tools write it.
public enum CheckpointFixtures {
    /// Ends in a slash.
    public static let folder =
        #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(2).joined(separator: "/")
        + "/Fixtures/checkpoints/"

    public static func bytes(_ name: String) -> [UInt8] { TemporaryFolder.bytes(of: folder + name) }
}
