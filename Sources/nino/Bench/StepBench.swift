import Derivation
import Checkpoints
import Foundation
import NeuralGraphs
import Nowcasting
import PluginHost

/// Measures `nino step` on a synthetic history of one config: each step is a process of its own, so that its peak
/// memory is known.
struct StepBench {
    let config: String
    let model: Model
    let figures: BenchFigures
    let common: CommonOptions
    /// Where the files go.
    let folder: String
    let history: SyntheticHistory
    private let graph: NeuralGraph
    static let horizon = 10

    init(_ config: String, dtype: DType, in folder: String, figures: BenchFigures, common: CommonOptions) throws {
        (self.config, self.figures, self.common, self.folder) = (config, figures, common, folder)
        model = try common.model(config)
        graph = try model.neuralGraph()
        history = try SyntheticHistory(model.parameters, dtype: dtype, in: folder, seed: common.seed)
        try figures.show("\(config), \(dtype.rawValue): parameters", Double(model.parameters.count), "")
        try figures.show("\(config): edges", Double(graph.edgeCount), "")
        try figures.show("\(config): positional encoding", figures.encoding(model) * 1000, "ms")
    }

    /// Whether arrays of edges × 128 fit in a few gigabytes.
    var isSmall: Bool { graph.edgeCount < 10_000_000 }

    /// The network of a step.
    enum Network: String {
        /// Drawn, 128 wide as the released ones are.
        case drawn = "128"
        /// The one that ships.
        case shipped = "nino"
    }

    /// Where the result of a step goes.
    func output(_ network: Network, _ precision: ProductPrecision, threads: Int) -> String {
        "\(folder)/nowcast_\(network.rawValue)_\(precision.rawValue)_\(threads).safetensors"
    }

    /// Runs one step and shows what it took, against the product rate at the network's width measured just before and
    /// after.
    func measure(_ network: Network, _ precision: ProductPrecision, threads: Int) throws {
        let width =
            network == .drawn ? 128 : try NowcastNetwork(Checkpoint(named: Checkpoint.pretrainedName)).shape.width
        let before = figures.productRate(threads: threads, width: width)
        let child = try step(network, precision, threads: threads)
        let rate = (before + figures.productRate(threads: threads, width: width)) / 2
        let seconds = try child.number("seconds")
        // Three products of H × H matrices. Source: nino-model.md 4.
        let reached = Double(graph.edgeCount) * 6 * Double(width * width) / seconds / 1e9
        let name = "\(config), width \(width), \(precision.rawValue), threads \(threads)"
        try figures.show("\(name): step", seconds, "s")
        try figures.show("\(name): edges", Double(graph.edgeCount) / seconds / 1e6, "million/s")
        try figures.show("\(name): sgemm rate before and after", rate, "GFLOP/s")
        try figures.show("\(name): of the sgemm rate", reached / rate * 100, "%")
        try figures.show("\(name): processor time", child.processorSeconds, "s")
        try figures.show("\(name): peak memory", Double(child.peakBytes) / 1e6, "MB")
        try figures.show("\(name): read", Double(child.bytesRead) / 1e6, "MB")
        try figures.show("\(name): read calls", Double(child.readCalls), "")
    }

    private func step(_ network: Network, _ precision: ProductPrecision, threads: Int) throws -> MeasuredProcess {
        let paths = common.pluginPaths.flatMap { ["--plugin-path", $0] }
        return try MeasuredProcess(
            "/proc/self/exe",
            ["step", "--config", config, "--history"] + history.files + [
                "--checkpoint", network == .drawn ? history.checkpoint : Checkpoint.pretrainedName, "--k",
                "\(Self.horizon)", "--out", output(network, precision, threads: threads), "--json",
                "--threads", "\(threads)", "--precision", precision.rawValue,
            ] + paths + (common.quiet ? ["--quiet"] : []))
    }

    /// The distance of two results, relative to the length of the first one's change.
    func difference(_ path: String, from reference: String) throws -> Double {
        let files = try [path, reference, history.files[History.contextLength - 1]].map(Checkpoint.init(opening:))
        var (error, change) = (0.0, 0.0)
        for entry in model.parameters.entries {
            for range in (0..<entry.count).pieces(of: 1 << 20) {
                let parts = try files.map { file in
                    var part = [Float](repeating: 0, count: range.count)
                    try part.withUnsafeMutableBufferPointer { try file.read(entry.name, range, into: $0) }
                    return part
                }
                for index in 0..<range.count {
                    let (found, expected, newest) = (
                        Double(parts[0][index]), Double(parts[1][index]), Double(parts[2][index])
                    )
                    error += (found - expected) * (found - expected)
                    change += (expected - newest) * (expected - newest)
                }
            }
        }
        return (error / change).squareRoot()
    }
}
