import CNinoPlugin
import Foundation

/// What one plugin says through `nino.log/1`.
public final class PluginLog: @unchecked Sendable {
    public enum Level: Int32, Codable, Sendable, Comparable, CaseIterable {
        case debug, info, warning, error, hostMisbehaving

        package var name: String { self == .hostMisbehaving ? "the host misbehaves" : "\(self)" }

        public static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }
    }

    public struct Message: Codable, Sendable, Hashable, CustomStringConvertible {
        public let plugin: String
        public let level: Level
        public let text: String

        public init(plugin: String, level: Level, text: String) {
            (self.plugin, self.level, self.text) = (plugin, level, text)
        }

        public var description: String { "plugin \(plugin): \(level.name): \(text)" }

        /// Fit to be shown, wherever it comes from.
        package func onOneLine() -> Message {
            Message(
                plugin: plugin.onOneLine(limit: 200), level: level,
                text: text.onOneLine(limit: PluginLog.longestMessage))
        }
    }

    /// Longest message, in characters, and most messages of one plugin: a plugin in a loop must not hide what others
    /// say.
    package static let longestMessage = 1000
    package static let mostMessages = 100

    /// Is handed what plugins say, from any thread. Set once, before any plugin is loaded.
    public nonisolated(unsafe) static var sink: (Message) -> Void = { _ in }

    private let plugin: String
    private let lock = NSLock()
    private var count = 0

    init(plugin: String) {
        self.plugin = plugin
    }

    func write(_ level: nino_log_level_t, _ message: UnsafePointer<CChar>?) {
        guard let level = Level(rawValue: level), let words = nonEmptyText(message) else { return }
        let number = lock.withLock {
            count += 1
            return count
        }
        guard number <= Self.mostMessages else { return }
        Self.sink(Message(plugin: plugin, level: level, text: words).onOneLine())
        if number == Self.mostMessages {
            Self.sink(Message(plugin: plugin, level: .warning, text: "has said much; the rest is not shown"))
        }
    }
}

/// Shows what plugins say: warnings and worse, or from a level on that is asked for, and the same thing once, though
/// a plugin may be asked in a child process first and then here.
public final class PluginLogDisplay: @unchecked Sendable {
    private let least: PluginLog.Level
    private let show: (PluginLog.Message) -> Void
    private let lock = NSLock()
    private var shown: Set<PluginLog.Message> = []

    /// - Parameters:
    ///   - level: `debug`, `info`, `warning` or `error`; anything else and nil mean `warning`.
    ///   - show: called with one message at a time.
    public init(from level: String?, show: @escaping (PluginLog.Message) -> Void) {
        least = PluginLog.Level.allCases.first { $0.name == level } ?? .warning
        self.show = show
    }

    public func take(_ message: PluginLog.Message) {
        lock.withLock {
            guard message.level >= least, shown.insert(message).inserted else { return }
            show(message)
        }
    }
}
