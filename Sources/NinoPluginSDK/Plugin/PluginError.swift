import CNinoPlugin

/// What a plugin throws: a status of the ABI and one sentence for people.
public struct PluginError: Error, Sendable {
    /// `NINO_INVALID` and so on, see `nino_plugin.h`.
    public let status: nino_status_t
    /// One sentence; the host shows it behind the plugin's id.
    public let message: String

    /// An error of any status; ``invalid(_:)`` and ``unsupported(_:)`` are the usual ones.
    public init(status: nino_status_t, message: String) {
        self.status = status
        self.message = message
    }

    /// The config is not acceptable. The sentence names the key, its value and what is allowed.
    public static func invalid(_ message: String) -> PluginError {
        PluginError(status: NINO_INVALID, message: message)
    }

    /// The config is well formed, but asks for something this architecture does not support.
    public static func unsupported(_ message: String) -> PluginError {
        PluginError(status: NINO_UNSUPPORTED, message: message)
    }
}

/// Runs one function of a plugin's table: an error becomes a status and a message, so that nothing Swift crosses the
/// ABI.
func report(to error: UnsafeMutablePointer<nino_error_t>?, _ body: () throws -> Void) -> nino_status_t {
    do {
        try body()
        return NINO_OK
    } catch let failure as PluginError {
        write(failure.message, to: error)
        return failure.status
    } catch let failure {
        write(String(describing: failure), to: error)
        return NINO_FAILED
    }
}

private func write(_ message: String, to error: UnsafeMutablePointer<nino_error_t>?) {
    guard let error else { return }
    withUnsafeMutableBytes(of: &error.pointee.message) { buffer in
        let bytes = Array(message.utf8.prefix(buffer.count - 1))
        buffer.copyBytes(from: bytes)
        buffer[bytes.count] = 0
    }
}

/// Calls a function of the host's and throws what it reports.
func check(_ call: (UnsafeMutablePointer<nino_error_t>) -> nino_status_t) throws {
    var error = nino_error_t()
    let status = call(&error)
    guard status != NINO_OK else { return }
    let message = withUnsafeBytes(of: &error.message) { buffer in
        String(decoding: buffer.prefix { $0 != 0 }, as: UTF8.self)
    }
    throw PluginError(status: status, message: message)
}
