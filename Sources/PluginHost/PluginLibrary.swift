import CNinoPlugin
import Glibc

/// A loaded plugin: one shared library that passed every check of its entry.
///
/// Never closed: Swift libraries must not be (their metadata stays referenced), and a plugin's tables are valid until
/// the process ends.
public final class PluginLibrary: @unchecked Sendable {
    public let file: String
    public let id: String
    public let name: String
    public let version: String
    public let abi: (major: Int, minor: Int)
    public let architectures: [Architecture]

    /// Loads and checks a library. The version comes before everything else in its tables.
    /// - Throws: `notTrusted`, `notLoadable`, `malformedManifest`, `noEntry`, `nullEntry`, `wrongMajor`,
    ///   `malformedEntry`, `malformedArchitecture`, `pluginFailed`.
    public init(file: String) throws(PluginHostError) {
        let candidate = try PluginFile(file)
        let pointer = try Self.open(candidate)
        let entry = pointer.pointee
        let fields: [(String, String?)] = [
            ("id", label(entry.id)), ("name", label(entry.name)), ("version", label(entry.version)),
        ]
        for (field, value) in fields where value == nil {
            throw .malformedEntry(file: file, field: field, expected: "a line of text")
        }
        self.file = file
        id = fields[0].1!
        name = fields[1].1!
        version = fields[2].1!
        abi = (Int(entry.abi_major), Int(entry.abi_minor))
        try Self.checkHost(entry.minimum_host, file: file)
        architectures = try Self.architectures(of: pointer, file: file, id: id)
        try candidate.manifest?.check(against: PluginSummary(self))
    }

    private static func checkHost(_ minimum: UnsafePointer<CChar>?, file: String) throws(PluginHostError) {
        guard minimum != nil else { return }
        guard let needed = text(minimum).flatMap({ Version($0) }) else {
            let expected =
                "a version like \(Version.host), found \(text(minimum).map { "\"\($0.onOneLine())\"" } ?? "no text")"
            throw .malformedEntry(file: file, field: "minimum_host", expected: expected)
        }
        guard needed <= .host else { throw .hostTooOld(file: file, needed: needed) }
    }

    private static func open(_ candidate: PluginFile) throws(PluginHostError) -> UnsafePointer<nino_entry_t> {
        let file = candidate.path
        try SwiftRuntime.check(candidate)
        let load = { ProcessState.preserving { dlopen(candidate.resolved, RTLD_NOW | RTLD_LOCAL) } }
        guard let handle = PluginCall.run("a constructor", of: file, load) else {
            throw .notLoadable(file: file, reason: dlerror().map { String(cString: $0) } ?? "dlopen gave no reason")
        }
        guard let symbol = dlsym(handle, "nino_plugin_entry") else { throw .noEntry(file: file) }
        typealias Entry = @convention(c) (UInt32) -> UnsafePointer<nino_entry_t>?
        let hostMajor = Int(NINO_ABI_MAJOR)
        let function = unsafeBitCast(symbol, to: Entry.self)
        guard let entry = PluginCall.run("nino_plugin_entry", of: file, { function(UInt32(hostMajor)) }) else {
            throw .nullEntry(file: file, hostMajor: hostMajor)
        }
        // Another major may lay out everything behind this field differently.
        let major = Int(UnsafeRawPointer(entry).load(as: UInt32.self))
        guard major == hostMajor else { throw .wrongMajor(file: file, expected: hostMajor, found: major) }
        return entry
    }

    private static func architectures(of entry: UnsafePointer<nino_entry_t>, file: String, id: String)
        throws(PluginHostError) -> [Architecture]
    {
        guard let count = entry.pointee.architecture_count else {
            throw .malformedEntry(file: file, field: "architecture_count", expected: "a function, found NULL")
        }
        guard let create = entry.pointee.create_architecture else {
            throw .malformedEntry(file: file, field: "create_architecture", expected: "a function, found NULL")
        }
        let number = PluginCall.run("architecture_count", of: id) { count(entry) }
        guard (1...64).contains(number) else {
            throw .malformedEntry(file: file, field: "architecture_count", expected: "1 to 64, found \(number)")
        }
        let host = HostTable.make(for: id)
        var made: [Architecture] = []
        for index in 0..<number {
            var pointer: UnsafeMutablePointer<nino_architecture_t>?
            var error = nino_error_t()
            let status = PluginCall.run("create_architecture", of: id) {
                create(entry, index, host, &pointer, &error)
            }
            guard status == NINO_OK else {
                throw .pluginFailed(
                    plugin: id, function: "create_architecture", status: Int(status), message: error.text)
            }
            guard let pointer else {
                throw .malformedEntry(file: file, field: "create_architecture", expected: "an architecture, found NULL")
            }
            made.append(try Architecture(pointer, plugin: id, file: file))
        }
        return made
    }
}
