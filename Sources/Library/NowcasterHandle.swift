import Checkpoints
import Nowcasting

/// What predicts weights, and which states it wants to see.
final class NowcasterHandle {
    let method: any Nowcaster
    let stateKind: StateKind

    static let lineFitName = "linefit"
    static let averageName = "average"

    /// - Parameter name: "linefit", "average", "nino" for the checkpoint that ships, or a path of one.
    /// - Throws: `CheckpointError`, `NowcastError`.
    init(_ name: String) throws {
        switch name {
        case Self.lineFitName: (method, stateKind) = (.lineFit, .snapshot)
        case Self.averageName: (method, stateKind) = (.average, .mean)
        default:
            let file = try Checkpoint(named: name)
            (method, stateKind) = (try NowcastNetwork(file).nowcaster(), try file.stateKind)
        }
    }
}
