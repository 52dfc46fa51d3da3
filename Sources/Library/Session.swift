import Foundation
import PluginHost

/// Where plugins are looked for and what they may use.
final class Session {
    var pluginPaths: [String] = []
    var trust = false
    var limits = IsolationLimits()

    private var directories: PluginDirectories {
        .standard(paths: pluginPaths, environment: ProcessInfo.processInfo.environment)
    }

    /// The model of a config, whose plugin was looked at in a child process first unless it is trusted.
    func model(for configuration: ModelConfiguration) throws -> Model {
        if trust { return try PluginRegistry(searching: directories).model(for: configuration) }
        let recognition = try PluginRecognition(
            configuration, searching: directories, Isolation(limits: limits))
        return try recognition.model(for: configuration)
    }

    /// What a command of the program beside this library prints, and whether its answer is yes.
    /// - Throws: `PluginHostError.isolationFailed` if it cannot be started; `CommandError` if it fails.
    func run(_ command: [String]) throws -> (output: [UInt8], isYes: Bool) {
        var arguments = command + ["--json", "--quiet", "--time-limit", "\(limits.seconds)"]
        arguments += ["--memory-limit", "\(limits.memoryBytes >> 20)"]
        for path in pluginPaths { arguments += ["--plugin-path", path] }
        if trust { arguments.append("--trust") }
        return try HostProgram.run(arguments)
    }
}
