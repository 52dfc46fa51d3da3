/// A text byte by byte: the token of a byte is its value.
public typealias ByteText = TokenWindows<UInt8>

extension ByteText {
    /// - Parameter file: name for errors.
    /// - Throws: `invalidSetting` for less than two positions, `textTooShort` if the held-out part has no whole window.
    public init(_ bytes: [UInt8], context: Int, file: String) throws(TrainingError) {
        try self.init(bytes, labelCount: 256, unit: "bytes", context: context, file: file)
    }

    /// - Throws: `cannotRead`; the errors of `init(_:context:file:)`.
    public init(contentsOf file: String, context: Int) throws(TrainingError) {
        try self.init(try readFile(file), context: context, file: file)
    }
}
