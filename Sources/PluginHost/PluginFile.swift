import CNinoPlugin
import Glibc

/// A file that may be a plugin, looked at without running anything of it.
package struct PluginFile: Sendable {
    /// As it was named.
    package let path: String
    /// With all links resolved: what was looked at.
    package let resolved: String
    package let manifest: PluginManifest?

    /// - Throws: `notTrusted`; `notLoadable` for what is no shared library of this machine; what a bad manifest throws.
    package init(_ path: String) throws(PluginHostError) {
        self.path = path
        resolved = try FileTrust.current.check(path)
        func refuse(_ found: String) -> PluginHostError {
            .notLoadable(file: path, reason: "expected a shared library, found \(found)")
        }
        // A pipe is opened only when somebody writes into it, and a device may do anything then: the type comes first.
        var status = stat()
        guard stat(resolved, &status) == 0 else {
            throw .notLoadable(file: path, reason: String(cString: strerror(errno)))
        }
        if let other = Self.kind(status.st_mode) { throw refuse(other) }
        let descriptor = open(resolved, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW)
        guard descriptor >= 0 else { throw .notLoadable(file: path, reason: String(cString: strerror(errno))) }
        defer { close(descriptor) }
        guard fstat(descriptor, &status) == 0, Self.kind(status.st_mode) == nil else {
            throw refuse("one that changes its type")
        }
        guard let library = ELFFile(descriptor) else { throw refuse("a file of another format") }
        guard library.isSharedLibrary else { throw refuse("another kind of ELF file") }
        if let own = ELFFile.own, own != library.identity {
            throw refuse("one for \(library.identity.name), and this machine is \(own.name)")
        }
        switch library.section(named: PluginManifest.section, limit: Int(NINO_MANIFEST_SIZE)) {
        case .absent: manifest = nil
        case .bytes(let bytes): manifest = try PluginManifest(bytes, file: path)
        case .unreadable(let reason): throw .malformedManifest(file: path, reason)
        }
    }

    /// Whether its plugin may know configs of this model type: one without a manifest may know any, and so may each
    /// where a config names none.
    package func mayKnow(_ modelType: String?) -> Bool {
        guard let manifest, let modelType else { return true }
        return manifest.modelTypes.contains(modelType)
    }

    /// What it is instead of a regular file.
    private static func kind(_ mode: mode_t) -> String? {
        switch mode & S_IFMT {
        case S_IFREG: nil
        case S_IFDIR: "a folder"
        case S_IFIFO: "a named pipe"
        case S_IFSOCK: "a socket"
        case S_IFCHR, S_IFBLK: "a device"
        default: "something else"
        }
    }
}
