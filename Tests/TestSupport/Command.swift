import Foundation

/// One run of the built `nino`.
public struct Command: Sendable {
    public let status: Int32
    public let output: String
    public let errors: String

    /// Lines of standard error; a failing command writes exactly one.
    public var errorLines: [String] { errors.split(separator: "\n").map(String.init) }

    /// The last JSON object on standard output.
    public var lastObject: [String: Any]? {
        output.split(separator: "\n").last.flatMap {
            try? JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
        }
    }

    /// Runs `nino`.
    /// - Parameters:
    ///   - fileSizeLimit: most kibibytes the command may write to one file, as on a full disk; nil for no limit.
    public init(_ arguments: String..., environment: [String: String] = [:], fileSizeLimit: Int? = nil) throws {
        try self.init(arguments: arguments, environment: environment, fileSizeLimit: fileSizeLimit)
    }

    public init(arguments: [String], environment: [String: String] = [:], fileSizeLimit: Int? = nil) throws {
        let folder = TemporaryFolder()
        let (outputPath, errorPath) = (folder.write("", to: "out"), folder.write("", to: "err"))
        let process = Process()
        if let fileSizeLimit {
            // bash counts file sizes in units of 1024 bytes.
            process.executableURL = URL(fileURLWithPath: "/bin/bash")
            process.arguments =
                ["-c", "ulimit -f \(fileSizeLimit) && exec \"$@\"", "nino", BuiltProducts.nino] + arguments
        } else {
            process.executableURL = URL(fileURLWithPath: BuiltProducts.nino)
            process.arguments = arguments
        }
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.currentDirectoryURL = BuiltProducts.repository
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle(forWritingAtPath: outputPath)
        process.standardError = FileHandle(forWritingAtPath: errorPath)
        try process.run()
        process.waitUntilExit()
        status = process.terminationStatus
        output = try String(contentsOfFile: outputPath, encoding: .utf8)
        errors = try String(contentsOfFile: errorPath, encoding: .utf8)
    }
}
