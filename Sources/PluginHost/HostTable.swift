import CNinoPlugin
import Glibc

/// What the host hands every plugin; lives as long as the process.
enum HostTable {
    nonisolated(unsafe) static let pointer: UnsafePointer<nino_host_t> = {
        let table = UnsafeMutablePointer<nino_host_t>.allocate(capacity: 1)
        table.initialize(
            to: nino_host_t(
                abi_major: UInt32(NINO_ABI_MAJOR), abi_minor: UInt32(NINO_ABI_MINOR), name: strdup("nino"),
                version: strdup(HostVersion.text),
                config: ModelConfiguration.reader, get_extension: { _, _ in nil }))
        return UnsafePointer(table)
    }()
}
