import Foundation

/// One run of bash.
public struct Shell: Sendable {
    public let status: Int32
    /// Standard output and standard error, as they came.
    public let output: String

    /// - Parameters:
    ///   - folder: where it runs.
    ///   - environment: added to this process's.
    public init(_ script: String, in folder: String, environment: [String: String] = [:]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = ["-c", script]
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        // A surrounding make would hand its flags on.
        let inherited = ProcessInfo.processInfo.environment.filter {
            !["MAKEFLAGS", "MAKELEVEL", "MFLAGS"].contains($0.key)
        }
        process.environment = inherited.merging(environment) { $1 }
        let pipe = Pipe()
        (process.standardOutput, process.standardError, process.standardInput) = (pipe, pipe, FileHandle.nullDevice)
        try process.run()
        let bytes = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        status = process.terminationStatus
        output = String(decoding: bytes, as: UTF8.self)
    }
}
