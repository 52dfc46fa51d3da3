import CNino
import PluginHost

// The functions of nino.h on sessions, and the commands that run in one.

@c @implementation
public func nino_session_create(
    _ out: UnsafeMutablePointer<OpaquePointer?>?, _ message: UnsafeMutablePointer<nino_message_t>?
) -> nino_outcome_t {
    answer(message) { try place(out, "session").pointee = handle(Session()) }
}

@c @implementation
public func nino_session_destroy(_ session: OpaquePointer?) { release(session, Session.self) }

@c @implementation
public func nino_session_add_plugin_path(
    _ session: OpaquePointer?, _ folder: UnsafePointer<CChar>?, _ message: UnsafeMutablePointer<nino_message_t>?
) -> nino_outcome_t {
    answer(message) {
        let path = try text(folder, "plugin path")
        if let obstacle = PluginDirectories.obstacle(in: path) {
            throw LibraryError.input("plugin path: \(path): \(obstacle.reason)")
        }
        try object(session, Session.self).pluginPaths.append(path)
    }
}

@c @implementation
public func nino_session_set_trust(_ session: OpaquePointer?, _ trust: Int32) {
    (try? object(session, Session.self))?.trust = trust != 0
}

@c @implementation
public func nino_session_set_limits(
    _ session: OpaquePointer?, _ seconds: Double, _ memoryBytes: Int64,
    _ message: UnsafeMutablePointer<nino_message_t>?
) -> nino_outcome_t {
    answer(message) {
        guard seconds > 0, seconds <= 1e6 else {
            throw LibraryError.input("seconds: expected more than 0 and at most 1000000, found \(seconds)")
        }
        guard (16 << 20...1 << 40).contains(memoryBytes) else {
            throw LibraryError.input("memory: expected \(16 << 20) to \(1 << 40) bytes, found \(memoryBytes)")
        }
        try object(session, Session.self).limits = IsolationLimits(seconds: seconds, memoryBytes: Int(memoryBytes))
    }
}

@c @implementation
public func nino_verify(
    _ session: OpaquePointer?, _ config: UnsafePointer<CChar>?, _ out: UnsafeMutablePointer<nino_bytes_t>?,
    _ holds: UnsafeMutablePointer<Int32>?, _ message: UnsafeMutablePointer<nino_message_t>?
) -> nino_outcome_t {
    answer(message) {
        let (place, holds) = (try place(out, "report"), try place(holds, "holds"))
        let result = try object(session, Session.self).run(["verify", "--config", text(config, "config")])
        try hand(result.output, to: place)
        holds.pointee = result.isYes ? 1 : 0
    }
}

@c @implementation
public func nino_graph(
    _ session: OpaquePointer?, _ config: UnsafePointer<CChar>?, _ out: UnsafeMutablePointer<nino_bytes_t>?,
    _ message: UnsafeMutablePointer<nino_message_t>?
) -> nino_outcome_t {
    answer(message) {
        let place = try place(out, "summary")
        try hand(object(session, Session.self).run(["graph", "--config", text(config, "config")]).output, to: place)
    }
}
