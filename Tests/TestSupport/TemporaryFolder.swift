import Glibc

/// A folder that is removed with everything in it when the test lets go of it.
public final class TemporaryFolder {
    /// Ends in a slash.
    public let path: String

    public init() {
        var template = Array("/tmp/nino-test-XXXXXX".utf8CString)
        path = String(cString: mkdtemp(&template)) + "/"
    }

    deinit {
        TemporaryFolder.remove(path)
    }

    public static func + (folder: TemporaryFolder, name: String) -> String { folder.path + name }

    /// Names in the folder, sorted.
    public var contents: [String] { TemporaryFolder.names(in: path).sorted() }

    @discardableResult
    public func write(_ bytes: [UInt8], to name: String) -> String {
        let file = fopen(path + name, "w")!
        precondition(fwrite(bytes, 1, bytes.count, file) == bytes.count)
        fclose(file)
        return path + name
    }

    @discardableResult
    public func write(_ text: String, to name: String) -> String { write(Array(text.utf8), to: name) }

    public static func bytes(of path: String) -> [UInt8] {
        guard let file = fopen(path, "r") else { return [] }
        defer { fclose(file) }
        fseek(file, 0, SEEK_END)
        var bytes = [UInt8](repeating: 0, count: ftell(file))
        rewind(file)
        precondition(fread(&bytes, 1, bytes.count, file) == bytes.count)
        return bytes
    }

    /// Copies built plugin libraries here.
    public func addPlugins(_ products: String...) {
        for product in products {
            write(TemporaryFolder.bytes(of: BuiltProducts.library(product)), to: "lib\(product).so")
        }
    }

    private static func names(in path: String) -> [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(cString: $0.baseAddress!.assumingMemoryBound(to: CChar.self))
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names
    }

    /// Removes what lies in the folder.
    public func removeContents() { TemporaryFolder.removeContents(of: path) }

    private static func removeContents(of path: String) {
        for name in names(in: path) where unlink(path + name) != 0 { remove(path + name + "/") }
    }

    private static func remove(_ path: String) {
        removeContents(of: path)
        rmdir(path)
    }
}

/// The little-endian bytes of numbers.
public func littleEndian<Number: BitwiseCopyable>(_ values: [Number]) -> [UInt8] {
    values.withUnsafeBytes { Array($0) }
}

/// A safetensors file: the length of the header (or a lie about it), the header, the data.
public func safetensors(_ header: String, _ data: [UInt8] = [], length: UInt64? = nil) -> [UInt8] {
    littleEndian([length ?? UInt64(header.utf8.count)]) + Array(header.utf8) + data
}
