import Checkpoints
import Foundation
import Nowcasting
import Tensors

/// A saved state as bytes: a safetensors file in memory, counters in its metadata.
enum SavedStateBytes {
    private static let format = "nino.optimizer/1"
    private static let formatKey = "format"
    private static let counterPrefix = "counter."
    private static let name = "the saved optimizer state"

    /// - Throws: `CheckpointError` for bytes that are no such file; `input` for another file.
    static func decode(_ bytes: UnsafeRawBufferPointer) throws -> SavedOptimizerState {
        let file = try Checkpoint(memory: bytes, name: name)
        guard file.metadata[formatKey] == format else {
            throw LibraryError.input(
                "\(name): \(formatKey): expected \(format), found \(file.metadata[formatKey] ?? "none")")
        }
        var state = SavedOptimizerState()
        for tensor in file.tensors {
            guard tensor.count > 0 else {
                throw LibraryError.input("\(name): \(tensor.name): expected values, found shape \(tensor.shape)")
            }
            state.tensors[tensor.name] = Tensor(shape: tensor.shape, values: try file.floats(tensor.name))
        }
        for (key, value) in file.metadata where key.hasPrefix(counterPrefix) {
            state.counters[String(key.dropFirst(counterPrefix.count))] = Int(value)
        }
        return state
    }

    static func encode(_ state: SavedOptimizerState) throws -> [UInt8] {
        var metadata = Dictionary(uniqueKeysWithValues: state.counters.map { (counterPrefix + $0, "\($1)") })
        metadata[formatKey] = format
        let names = state.tensors.keys.sorted()
        var (entries, offset) = (["\"__metadata__\":" + (try json(metadata))], 0)
        for name in names {
            let tensor = state.tensors[name]!
            let end = offset + tensor.count * MemoryLayout<Float>.stride
            entries.append(
                "\(try json(name)):{\"dtype\":\"F32\",\"shape\":[\(tensor.count)],\"data_offsets\":[\(offset),\(end)]}")
            offset = end
        }
        var header = Array("{\(entries.joined(separator: ","))}".utf8)
        header += [UInt8](repeating: UInt8(ascii: " "), count: (8 - header.count % 8) % 8)
        var bytes = withUnsafeBytes(of: UInt64(header.count).littleEndian) { [UInt8]($0) } + header
        bytes.reserveCapacity(bytes.count + offset)
        for name in names { bytes += UnsafeRawBufferPointer(state.tensors[name]!.values) }
        return bytes
    }

    private static func json(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}
