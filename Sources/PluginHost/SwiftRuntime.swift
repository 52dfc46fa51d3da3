import CIsolation
import Glibc

/// Swift's runtime. Its ABI on Linux is that of one compiler, and a process has one `libswiftCore.so`, the first that
/// was loaded, for all plugins that do not bring their own.
enum SwiftRuntime {
    private static let name = "libswiftCore.so"
    private static let mostBytes = 1 << 24

    /// - Throws: `notLoadable` for a plugin that another compiler built than the runtime that it would get.
    static func check(_ plugin: PluginFile) throws(PluginHostError) {
        guard let runtime = loaded, needsRuntime(plugin.resolved) else { return }
        let (expected, found) = (compilers(of: runtime), compilers(of: plugin.resolved))
        guard !expected.isEmpty, !found.isEmpty, expected.isDisjoint(with: found) else { return }
        func list(_ compilers: Set<String>) -> String { compilers.sorted().joined(separator: ", ") }
        throw .notLoadable(
            file: plugin.path,
            reason: "expected a plugin built by the Swift compiler of \(runtime) (\(list(expected))), found one built "
                + "by another (\(list(found))): build it with that one, or link it with -static-stdlib")
    }

    /// The file that this process has loaded; nil if there is none.
    private static var loaded: String? {
        guard let handle = dlopen(name, RTLD_NOLOAD | RTLD_LAZY) else { return nil }
        defer { dlclose(handle) }
        guard let symbol = dlsym(handle, "swift_retain"), let file = nino_image_of(symbol) else { return nil }
        return String(cString: file)
    }

    private static func needsRuntime(_ file: String) -> Bool {
        section(".dynstr", of: file).split(separator: 0).contains { $0.elementsEqual(name.utf8) }
    }

    /// What the compiler and the linker of Swift's own LLVM wrote into a file, as commits of it.
    private static func compilers(of file: String) -> Set<String> {
        let mark = "swiftlang/llvm-project.git "
        let comments = section(".comment", of: file).split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
        return Set(
            comments.compactMap { comment in
                guard let start = comment.firstRange(of: mark)?.upperBound else { return nil }
                let commit = comment[start...].prefix { $0.isHexDigit }
                return commit.count < 12 ? nil : "LLVM \(commit.prefix(12))"
            })
    }

    private static func section(_ name: String, of file: String) -> [UInt8] {
        let descriptor = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        guard case .bytes(let bytes)? = ELFFile(descriptor)?.section(named: name, limit: mostBytes) else { return [] }
        return bytes
    }
}
