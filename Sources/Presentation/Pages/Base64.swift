import Foundation

/// Bytes as text.
public func base64(_ bytes: some Sequence<UInt8>) -> String {
    Data(bytes).base64EncodedString()
}

/// Numbers as text: float32, little-endian.
public func base64(floats: [Float]) -> String {
    base64(floats.flatMap { value in withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) } })
}
