/// Byte-level BPE writes every byte as one printable character: those of Latin-1 that are printable as they are, the
/// others as U+0100 and so on, in their order. Source: GPT-2's `bytes_to_unicode` (Radford et al. 2019).
enum ByteAlphabet {
    /// Of each byte.
    static let characters: [Unicode.Scalar] = {
        var next: UInt32 = 0x100
        return (0..<256).map { byte in
            if (0x21...0x7E).contains(byte) || (0xA1...0xAC).contains(byte) || (0xAE...0xFF).contains(byte) {
                return Unicode.Scalar(UInt8(byte))
            }
            defer { next += 1 }
            return Unicode.Scalar(next)!
        }
    }()

    /// The bytes of a text, written in these characters.
    static func written(_ text: some StringProtocol) -> String {
        var result = String.UnicodeScalarView()
        for byte in text.utf8 { result.append(characters[Int(byte)]) }
        return String(result)
    }
}
