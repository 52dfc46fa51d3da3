import CNinoPlugin

/// What a builder function throws to refuse what the plugin gave it.
struct Refusal: Error {
    let status: nino_status_t
    let message: String

    init(_ message: String, status: nino_status_t = NINO_REFUSED) {
        self.message = message
        self.status = status
    }
}

/// The host's side of one plugin function that was given a builder: keeps what the plugin adds, and what it was
/// refused.
class BuilderCall {
    /// The first refusal, in case the plugin ignores it and reports success.
    private(set) var refusal: Refusal?

    /// The C side's `context`; valid while this object lives.
    final var context: UnsafeMutableRawPointer { Unmanaged.passUnretained(self).toOpaque() }

    /// Runs one builder function: an error becomes a status and a message.
    final func report(to error: UnsafeMutablePointer<nino_error_t>?, _ body: () throws -> Void) -> nino_status_t {
        do {
            try body()
            return NINO_OK
        } catch let failure {
            let refused = failure as? Refusal ?? Refusal("\(failure)")
            if refused.status == NINO_REFUSED, refusal == nil { refusal = refused }
            write(refused.message, to: error)
            return refused.status
        }
    }

    /// Calls the plugin's function and throws what went wrong in it.
    /// - Throws: `configurationRefused` for a config or input that is not acceptable, `pluginFailed`, `refused`.
    final func run(
        _ function: String, of architecture: Architecture, file: String, _ call: (inout nino_error_t) -> nino_status_t
    ) throws(PluginHostError) {
        var error = nino_error_t()
        let status = PluginCall.run(function, of: architecture.plugin) { call(&error) }
        if let refusal {
            // A plugin that passes the refusal on may have said where in the model it was.
            let message = error.text.contains(refusal.message) ? error.text : refusal.message
            throw .refused(plugin: architecture.plugin, function: function, message: message)
        }
        switch status {
        case NINO_OK: return
        case NINO_INVALID, NINO_UNSUPPORTED, NINO_ABSENT:
            throw .configurationRefused(file: file, plugin: architecture.plugin, message: error.text)
        default:
            throw .pluginFailed(
                plugin: architecture.plugin, function: function, status: Int(status), message: error.text)
        }
    }
}

extension UnsafePointer {
    /// `count` elements a plugin points to; nil if the count is out of `limit`, or the pointer NULL where it must not
    /// be.
    func elements(_ count: Int64, limit: Int64) -> UnsafeBufferPointer<Pointee>? {
        guard (0...limit).contains(count) else { return nil }
        return UnsafeBufferPointer(start: self, count: Int(count))
    }
}
