import Derivation
import Checkpoints
import Foundation
import JSONText
import Nowcasting
import PluginHost
import Tensors
import Training

/// What `--nowcaster` and `--nowcasters` name: `none`, `linefit`, `fitted`, `average`, or a checkpoint: the one that
/// ships, or a file.
enum NowcasterChoice {
    case none
    case lineFit
    case fitted
    case average
    case checkpoint(String)

    /// Without a flag that says otherwise: the checkpoint that ships.
    static let standard = NowcasterChoice.checkpoint(Checkpoint.pretrainedName)

    static let lineFitName = "linefit"
    static let fittedName = "fitted"
    /// Runs made before it kept to what five states can tell, two ahead, are others.
    private static let fittedIdentity = "fitted, at most two states ahead"
    static let averageName = "average"

    init(_ name: String) {
        switch name {
        case RunResult.baseline: self = .none
        case Self.lineFitName: self = .lineFit
        case Self.fittedName: self = .fitted
        case Self.averageName: self = .average
        default: self = .checkpoint(name)
        }
    }

    /// As tables and files call it.
    var label: String {
        switch self {
        case .none: RunResult.baseline
        case .lineFit: Self.lineFitName
        case .fitted: Self.fittedName
        case .average: Self.averageName
        case .checkpoint(let name): name
        }
    }

    /// - Throws: `InputError` for a name that is neither one of ours nor a file, with the nearest of ours.
    private static func requireFile(_ name: String) throws {
        guard name != Checkpoint.pretrainedName, !FileManager.default.fileExists(atPath: name) else { return }
        let names = [RunResult.baseline, Checkpoint.pretrainedName, lineFitName, fittedName, averageName]
        throw InputError(
            "nowcaster \(name): expected \(names.joined(separator: ", ")) or the file of a checkpoint, found no such "
                + "file" + Suggestion.question(about: name, among: names))
    }

    /// Loads it for a model; nil for the base optimizer alone.
    /// - Throws: `CheckpointError` and `NowcastError` for the checkpoint, `PluginHostError` and `DerivationError` for
    ///   the graph it needs.
    func load(for model: Model) throws -> RunNowcaster? {
        switch self {
        case .none: return nil
        case .lineFit: return RunNowcaster(.lineFit, graph: nil, identity: Self.lineFitName)
        case .fitted: return RunNowcaster(FittedLine(), graph: nil, identity: Self.fittedIdentity, stateKind: .mean)
        case .average: return RunNowcaster(.average, graph: nil, identity: Self.averageName, stateKind: .mean)
        case .checkpoint(let name):
            try Self.requireFile(name)
            let file = try Checkpoint(named: name)
            let nowcaster = try NowcastNetwork(file).nowcaster()
            return RunNowcaster(
                nowcaster, graph: try GraphInput(model.neuralGraph()), identity: try file.checksum(),
                stateKind: try file.stateKind)
        }
    }
}
