@_exported import CNinoPlugin

/// A plugin's entry table and all it leads to. An author makes one, as a global constant, and exports it:
///
/// ```swift
/// private let plugin = Plugin(MyNet.self)
///
/// @c @implementation
/// public func nino_plugin_entry(_ hostMajor: UInt32) -> UnsafePointer<nino_entry_t>? { plugin.entry(forHost:
/// hostMajor) }
/// ```
public final class Plugin: Sendable {
    private nonisolated(unsafe) let table: UnsafeMutablePointer<nino_entry_t>
    fileprivate let architectures: [any ArchitectureDescriptor.Type]

    /// Makes the entry table of a library with these architectures.
    /// - Parameter architectures: at least one; the first gives the plugin its id, name, version and oldest host.
    public init(_ architectures: any ArchitectureDescriptor.Type...) {
        precondition(!architectures.isEmpty, "a plugin holds at least one architecture")
        self.architectures = architectures
        table = .allocate(capacity: 1)
        // The host may use these until the process ends, so they are never freed.
        let memory = Unmanaged.passRetained(BorrowedMemory()).takeUnretainedValue()
        table.initialize(
            to: nino_entry_t(
                abi_major: UInt32(NINO_ABI_MAJOR), abi_minor: UInt32(NINO_ABI_MINOR),
                id: memory.text(architectures[0].id), name: memory.text(architectures[0].name),
                version: memory.text(architectures[0].version),
                minimum_host: architectures[0].minimumHost.map(memory.text), context: nil,
                architecture_count: { entry in Int64(Plugin.of(entry).architectures.count) },
                create_architecture: { entry, index, host, out, error in
                    report(to: error) {
                        guard let host, let out, let type = Plugin.of(entry).architectures[checked: index] else {
                            throw PluginError(status: NINO_FAILED, message: "no architecture \(index)")
                        }
                        out.pointee = ArchitectureBox(type, host: host).makeTable()
                    }
                }))
        table.pointee.context = Unmanaged.passUnretained(self).toOpaque()
    }

    /// The entry table, or nil if the host speaks another major version of the ABI.
    public func entry(forHost hostMajor: UInt32) -> UnsafePointer<nino_entry_t>? {
        hostMajor == UInt32(NINO_ABI_MAJOR) ? UnsafePointer(table) : nil
    }

    private static func of(_ entry: UnsafePointer<nino_entry_t>?) -> Plugin {
        Unmanaged<Plugin>.fromOpaque(entry!.pointee.context).takeUnretainedValue()
    }
}

extension Array {
    fileprivate subscript(checked index: Int64) -> Element? {
        indices.contains(Int(index)) ? self[Int(index)] : nil
    }
}
