import Checkpoints
import Nowcasting
import PluginHost
import Tensors
import Training

/// What `--nowcaster` and `--nowcasters` name: `none`, `linefit`, or a checkpoint.
enum NowcasterChoice {
    case none
    case lineFit
    case checkpoint(String)

    static let lineFitName = "linefit"

    init(_ name: String) {
        switch name {
        case RunResult.baseline: self = .none
        case Self.lineFitName: self = .lineFit
        default: self = .checkpoint(name)
        }
    }

    /// Without `--nowcaster`: the line fit, since no checkpoint ships with this version; the user is told.
    static func standard() -> NowcasterChoice {
        Output.note("no --nowcaster given and no checkpoint ships with this version: using the line fit")
        return .lineFit
    }

    /// As tables and files call it.
    var label: String {
        switch self {
        case .none: RunResult.baseline
        case .lineFit: Self.lineFitName
        case .checkpoint(let path): path
        }
    }
}
