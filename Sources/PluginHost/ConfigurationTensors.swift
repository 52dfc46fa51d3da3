import CNinoPlugin
import Checkpoints
import Foundation
import Synchronization

/// Tensors of safetensors files in the folder of a config, each read once and kept as long as the config: the C side
/// has pointers to them.
package final class ConfigurationTensors: @unchecked Sendable {
    private struct Key: Hashable {
        let file, name: String
    }

    private struct Kept {
        let values: UnsafeMutableBufferPointer<Float>
        let shape: [Int]
    }

    private let configuration: String
    private let kept = Mutex<[Key: Kept]>([:])

    /// - Parameter configuration: path of the config.
    init(beside configuration: String) { self.configuration = configuration }

    deinit {
        kept.withLock { for tensor in $0.values { tensor.values.deallocate() } }
    }

    /// The scalars, row-major, and their shape.
    /// - Throws: `Refusal` naming file and tensor.
    func read(_ file: String, _ name: String) throws -> (values: UnsafePointer<Float>, shape: [Int]) {
        try kept.withLock { kept in
            let key = Key(file: file, name: name)
            let tensor = try kept[key] ?? load(key)
            kept[key] = tensor
            return (UnsafePointer(tensor.values.baseAddress!), tensor.shape)
        }
    }

    /// What a child process that makes a model of a config has to read: the config, if it is a file on a disk, for the
    /// folder it lies in.
    package static func files(beside configuration: String) -> [String] {
        let kind = try? FileManager.default.attributesOfItem(atPath: configuration)[.type] as? FileAttributeType
        return kind == .typeRegular || kind == .typeSymbolicLink ? [configuration] : []
    }

    private func load(_ key: Key) throws -> Kept {
        guard !key.file.isEmpty, !key.file.contains("/"), key.file != ".", key.file != ".." else {
            throw Refusal("\(key.file): expected the name of a file in the folder of the config", status: NINO_INVALID)
        }
        guard FileManager.default.fileExists(atPath: configuration) else {
            throw Refusal("\(key.file): the config came from no file, so none lies beside it", status: NINO_INVALID)
        }
        let path = URL(fileURLWithPath: configuration).deletingLastPathComponent().appendingPathComponent(key.file).path
        let found: (values: [Float], shape: [Int])
        do throws(CheckpointError) {
            let file = try Checkpoint(opening: path)
            found = (try file.floats(key.name), file[key.name]!.shape)
        } catch {
            throw Refusal("\(error)", status: NINO_INVALID)
        }
        let copy = UnsafeMutableBufferPointer<Float>.allocate(capacity: max(1, found.values.count))
        _ = copy.initialize(from: found.values)
        return Kept(values: copy, shape: found.shape)
    }

    /// The extension's table; lives as long as the process.
    nonisolated(unsafe) static let table: UnsafePointer<nino_host_config_tensors_t> = {
        let table = UnsafeMutablePointer<nino_host_config_tensors_t>.allocate(capacity: 1)
        table.initialize(
            to: nino_host_config_tensors_t(read: { config, file, name, values, shape, rank, error in
                guard let config, let values, let shape, let rank, let file = text(file), let name = text(name) else {
                    write("expected a config, two names and places for the tensor, found NULL", to: error)
                    return NINO_REFUSED
                }
                do {
                    let tensor = try ModelConfiguration.of(config).tensors.read(file, name)
                    guard tensor.shape.count <= NINO_MAX_RANK else {
                        let reason = "expected at most \(NINO_MAX_RANK) axes, found \(tensor.shape.count)"
                        throw Refusal("\(file): tensor '\(name)': \(reason)", status: NINO_INVALID)
                    }
                    values.pointee = tensor.values
                    for (axis, size) in tensor.shape.enumerated() { shape[axis] = Int64(size) }
                    rank.pointee = Int64(tensor.shape.count)
                    return NINO_OK
                } catch let failure {
                    let refusal = failure as? Refusal ?? Refusal("\(failure)", status: NINO_FAILED)
                    write(refusal.message, to: error)
                    return refusal.status
                }
            }))
        return UnsafePointer(table)
    }()
}
