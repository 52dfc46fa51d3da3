import Glibc

/// The little of a shared library's ELF format that is needed before anything of it runs: what machine it is for, and a
/// section by its name. Every offset and size is checked against the file, and every read is bounded.
struct ELFFile {
    /// What the first bytes say: word size, byte order, kind and machine.
    struct Identity: Equatable {
        let wordBits: Int
        let isLittleEndian: Bool
        let machine: UInt16

        /// As people call it.
        var name: String {
            let names: [UInt16: String] = [
                3: "x86", 8: "MIPS", 20: "PowerPC", 21: "PowerPC-64", 22: "S/390", 40: "ARM", 62: "x86-64",
                183: "AArch64", 243: "RISC-V", 258: "LoongArch",
            ]
            let base = names[machine] ?? "machine \(machine)"
            let suffix = isLittleEndian == (machine != 22 && machine != 20) ? "" : ", other byte order"
            return "\(base) (\(wordBits) bits\(suffix))"
        }
    }

    let identity: Identity
    let isSharedLibrary: Bool
    private let descriptor: Int32
    private let header: Bytes

    static let headerSize = 64
    private static let sectionHeaderSize = 64
    private static let mostSections = 1 << 14
    private static let longestNames = 1 << 20

    /// - Parameter descriptor: of an open regular file; stays the caller's.
    /// - Returns: nil if the file does not begin like ELF.
    init?(_ descriptor: Int32) {
        guard let header = Bytes(descriptor, at: 0, count: Self.headerSize), header[0] == 0x7f, header[1] == 0x45,
            header[2] == 0x4c, header[3] == 0x46
        else {
            return nil
        }
        self.descriptor = descriptor
        self.header = header
        let isLittleEndian = header[5] == 1
        func half(_ offset: Int) -> UInt16 {
            let (low, high) = (UInt16(header[offset]), UInt16(header[offset + 1]))
            return isLittleEndian ? low | high << 8 : low << 8 | high
        }
        identity = Identity(
            wordBits: header[4] == 2 ? 64 : 32, isLittleEndian: isLittleEndian, machine: half(18))
        isSharedLibrary = half(16) == 3
    }

    /// What this program is for, from its own file.
    static let own: Identity? = {
        let descriptor = open("/proc/self/exe", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        return ELFFile(descriptor)?.identity
    }()

    enum Section: Equatable {
        case absent
        case bytes([UInt8])
        /// The tables that should lead to it do not.
        case unreadable(String)
    }

    /// A section of a 64-bit little-endian file.
    /// - Parameter limit: most bytes it may have.
    func section(named name: String, limit: Int) -> Section {
        guard identity.wordBits == 64, identity.isLittleEndian else { return .absent }
        let (table, size) = (header.integer(40, bytes: 8), header.integer(58, bytes: 2))
        let (count, namesIndex) = (header.integer(60, bytes: 2), header.integer(62, bytes: 2))
        // A stripped file may have no sections at all.
        guard table != 0, count != 0 else { return .absent }
        guard size == Self.sectionHeaderSize, count <= Self.mostSections, namesIndex < count,
            let sections = Bytes(descriptor, at: table, count: count * size)
        else {
            return .unreadable("its table of sections lies outside the file or has too many")
        }
        func place(_ index: Int) -> (offset: Int, size: Int) {
            (sections.integer(index * size + 24, bytes: 8), sections.integer(index * size + 32, bytes: 8))
        }
        let names = place(namesIndex)
        guard (1...Self.longestNames).contains(names.size),
            let names = Bytes(descriptor, at: names.offset, count: names.size)
        else {
            return .unreadable("the names of its sections lie outside the file or are too long")
        }
        let wanted = Array(name.utf8) + [0]
        for index in 0..<count where names.has(wanted, at: sections.integer(index * size, bytes: 4)) {
            let found = place(index)
            guard found.size <= limit else {
                return .unreadable("section \(name): expected at most \(limit) bytes, found \(found.size)")
            }
            guard let bytes = Bytes(descriptor, at: found.offset, count: found.size) else {
                return .unreadable("section \(name) lies outside the file")
            }
            return .bytes(bytes.all)
        }
        return .absent
    }
}

/// Bytes of a file, all of them there.
private struct Bytes {
    let all: [UInt8]

    /// - Returns: nil if the file has not so many there.
    init?(_ descriptor: Int32, at offset: Int, count: Int) {
        guard offset >= 0, count >= 0, offset <= Int.max - count else { return nil }
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            let read = bytes[done...].withUnsafeMutableBytes {
                pread(descriptor, $0.baseAddress, $0.count, offset + done)
            }
            if read < 0 && errno == EINTR { continue }
            guard read > 0 else { return nil }
            done += read
        }
        all = bytes
    }

    subscript(index: Int) -> UInt8 { all[index] }

    /// A little-endian number; one that does not fit is as large as there are, so outside of any file.
    func integer(_ offset: Int, bytes: Int) -> Int {
        let value = (0..<bytes).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64(all[offset + $1]) }
        return Int(exactly: value) ?? .max
    }

    func has(_ wanted: [UInt8], at offset: Int) -> Bool {
        offset <= all.count - wanted.count && all[offset..<(offset + wanted.count)].elementsEqual(wanted)
    }
}
