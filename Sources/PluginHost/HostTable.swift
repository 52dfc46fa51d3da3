import CNinoPlugin
import Glibc

/// What the host hands a plugin; lives as long as the process. Each plugin has one of its own, by which it is known
/// when it calls.
enum HostTable {
    static func make(for plugin: String) -> UnsafePointer<nino_host_t> {
        let table = UnsafeMutablePointer<nino_host_t>.allocate(capacity: 1)
        table.initialize(
            to: nino_host_t(
                abi_major: UInt32(NINO_ABI_MAJOR), abi_minor: UInt32(NINO_ABI_MINOR), name: name, version: version,
                config: ModelConfiguration.reader,
                get_extension: { _, id in HostTable.extensionTable(text(id)) },
                context: Unmanaged.passRetained(PluginLog(plugin: plugin)).toOpaque()))
        return UnsafePointer(table)
    }

    private static func extensionTable(_ id: String?) -> UnsafeRawPointer? {
        switch id {
        case NINO_EXTENSION_LOG: UnsafeRawPointer(log)
        case NINO_EXTENSION_CONFIG_TENSORS: UnsafeRawPointer(ConfigurationTensors.table)
        default: nil
        }
    }

    private nonisolated(unsafe) static let name = UnsafePointer(strdup("nino"))
    private nonisolated(unsafe) static let version = UnsafePointer(strdup(HostVersion.text))

    private nonisolated(unsafe) static let log: UnsafePointer<nino_host_log_t> = {
        let table = UnsafeMutablePointer<nino_host_log_t>.allocate(capacity: 1)
        table.initialize(
            to: nino_host_log_t(write: { host, level, message in
                guard let host, let context = host.pointee.context else { return }
                Unmanaged<PluginLog>.fromOpaque(context).takeUnretainedValue().write(level, message)
            }))
        return UnsafePointer(table)
    }()
}
