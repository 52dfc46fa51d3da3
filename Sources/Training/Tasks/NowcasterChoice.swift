import CZlib
import Foundation
import NeuralGraphs
import Nowcasting

/// A nowcaster as the command line names it: `none`, `linefit`, or the path of a checkpoint.
public struct NowcasterChoice: Sendable, Equatable {
    public enum Method: Sendable, Equatable {
        case none
        case lineFit
        case checkpoint(path: String)
    }

    public let method: Method
    /// Short name in files, tables and charts: `none`, `linefit`, or the checkpoint's file name.
    public let label: String

    private static let lineFitName = "linefit"

    public init(_ text: String) {
        switch text {
        case RunResult.baseline: (method, label) = (.none, text)
        case Self.lineFitName: (method, label) = (.lineFit, text)
        default: (method, label) = (.checkpoint(path: text), (text as NSString).lastPathComponent)
        }
    }

    private init(method: Method, label: String) {
        (self.method, self.label) = (method, label)
    }

    /// Several choices; checkpoints whose file names are equal are labelled by their paths.
    public static func list(_ texts: [String]) -> [NowcasterChoice] {
        let choices = texts.map { NowcasterChoice($0) }
        return choices.map { choice in
            guard case .checkpoint(let path) = choice.method, choices.count(where: { $0.label == choice.label }) > 1 else {
                return choice
            }
            return NowcasterChoice(method: choice.method, label: path)
        }
    }

    /// Reads the checkpoint, if there is one.
    ///
    /// - Parameters:
    ///   - graph: asked for only if the nowcaster needs it.
    ///   - encoding: positional encoding instead of the graph's own, shape [nodes, 8].
    ///   - updateScale: `upd_scale` instead of the checkpoint's.
    /// - Returns: nil for `none`.
    /// - Throws: the errors of reading (`CheckpointError`, `NowcastError`), of `graph`, and of the encoding.
    public func load(
        graph: () throws -> NeuralGraph, encoding: [Float]? = nil, updateScale: Float? = nil
    ) throws -> RunNowcaster? {
        switch method {
        case .none: return nil
        case .lineFit: return RunNowcaster(.lineFit, model: nil, identity: Self.lineFitName)
        case .checkpoint(let path):
            let nowcaster = Nowcaster(try NowcastCheckpoint(opening: path, updateScale: updateScale))
            let model = nowcaster.needsGraph ? try GraphModel(graph(), encoding: encoding) : nil
            var identity = "checkpoint with check sum \(checkSum(try readFile(path)))"
            if let encoding { identity += ", encoding \(checkSum(encoding.withUnsafeBytes { Array($0) }))" }
            if let updateScale { identity += ", update scale \(updateScale)" }
            return RunNowcaster(nowcaster, model: model, identity: identity)
        }
    }
}

/// Size and CRC-32: enough to notice that a file is another one.
private func checkSum(_ bytes: [UInt8]) -> String {
    let sum = crc32_z(0, bytes, bytes.count)
    return "\(bytes.count)-\(String(sum, radix: 16))"
}
