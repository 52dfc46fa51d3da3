import ArgumentParser
import Checkpoints
import NeuralGraphs
import Nowcasting
import Tensors

struct StepCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "step",
        abstract: "Nowcast: predict a model's weights from five of its checkpoints.",
        discussion: """
            The five states are equally far apart, oldest first; the horizon --k counts in their distance. Give --k, or --step with
            --period and --max-steps for the schedule of a training run. The output has the names, types, sharding and metadata of
            the newest state, and its buffers.
            """)

    enum Method: String, CaseIterable, ExpressibleByArgument {
        case nino, wnn, linefit
    }

    @OptionGroup var common: CommonOptions

    @Option(help: "A config: a path, or a name in Architectures/.")
    var config: String?

    @Option(help: ArgumentHelp("A graph from a file instead of a config: no plugin is needed.", valueName: "file"))
    var graph: String?

    @Option(parsing: .upToNextOption, help: ArgumentHelp("Five checkpoints, oldest first.", valueName: "file"))
    var history: [String]

    @Option(help: ArgumentHelp("A NiNo or WNN+ checkpoint; the line fit needs none and is the default without one.", valueName: "file"))
    var checkpoint: String?

    @Option(help: "What predicts; by default what the checkpoint is for.")
    var method: Method?

    @Option(help: "Horizon: how many states ahead.")
    var k: Int?

    @Option(help: "Completed optimizer steps; the schedule gives the horizon.")
    var step: Int?

    @Option(help: "Steps from one nowcast to the next.")
    var period: Int = 1000

    @Option(name: .customLong("max-steps"), help: "Length of the whole run, over which horizons fall.")
    var maxSteps: Int = 10000

    @Option(help: ArgumentHelp("A file with another positional encoding (`lpe` [nodes, 8]) than the orbit encoding.", valueName: "file"))
    var lpe: String?

    @Option(name: .customLong("upd-scale"), help: "Factor on the predicted change, instead of the checkpoint's.")
    var updateScale: Float?

    @Option(help: ArgumentHelp("Where the predicted weights go: safetensors, or a folder for sharded states.", valueName: "file"))
    var out: String

    func validate() throws {
        guard (config == nil) != (graph == nil) else { throw ValidationError("give either --config or --graph") }
        guard (k == nil) != (step == nil) else { throw ValidationError("give either --k or --step") }
        if let k, k < 1 { throw ValidationError("--k: expected at least 1, found \(k)") }
        if let step, step < 0 { throw ValidationError("--step: expected at least 0, found \(step)") }
        guard period >= 5 else { throw ValidationError("--period: expected at least 5, found \(period)") }
        guard maxSteps >= 1 else { throw ValidationError("--max-steps: expected at least 1, found \(maxSteps)") }
        if let updateScale, !updateScale.isFinite { throw ValidationError("--upd-scale: expected a finite number, found \(updateScale)") }
        guard method == nil || method == .linefit || checkpoint != nil else {
            throw ValidationError("--method \(method!.rawValue) needs --checkpoint: none ships with this version")
        }
        guard method != .linefit || checkpoint == nil else { throw ValidationError("--method linefit takes no --checkpoint") }
    }

    private struct Result: Encodable {
        let out: String
        let method: String
        let horizon: Int
        let parameters: Int
        let relativeChange: Double
    }

    func run() throws {
        common.apply()
        let nowcaster = try makeNowcaster()
        let horizon = k ?? HorizonSchedule(longest: nowcaster.longestHorizon ?? HorizonSchedule.longestDefault, period: period, maxTrainSteps: maxSteps).horizon(atStep: step!)
        let target = try StepTarget(config: config, graph: graph, encoding: lpe, needsGraph: nowcaster.needsGraph, options: common)
        let states = try History(opening: history)
        let names = try target.names(in: states)
        let values = try (0..<History.contextLength).map { try states.values(of: names.parameters, in: $0) }
        let predicted = try nowcaster.nowcast(StateHistory(values, parameters: target.parameters), horizon: horizon, model: target.model)
        try target.refuseNonFinite(predicted, file: out)
        try write(predicted, parameters: target.parameters, names: names, newest: states.newest)
        try report(Result(out: out, method: nowcaster.name, horizon: horizon, parameters: predicted.count, relativeChange: change(from: values[4], to: predicted)))
    }

    private func makeNowcaster() throws -> Nowcaster {
        guard let checkpoint else {
            if method == nil { Output.note("no --checkpoint given and none ships with this version: using the line fit") }
            return .lineFit
        }
        let nowcaster = Nowcaster(try NowcastCheckpoint(opening: checkpoint, updateScale: updateScale))
        if let method, method.rawValue != nowcaster.name {
            throw InputError("\(checkpoint): expected a checkpoint for --method \(method.rawValue), found one for \(nowcaster.name)")
        }
        return nowcaster
    }

    /// Writes the nowcast as the newest state is laid out; what is no parameter is copied from it.
    private func write(_ predicted: Tensor, parameters: ParameterList, names: FileNames, newest: Checkpoint) throws {
        let writer = try CheckpointWriter(out, layout: newest.layout)
        for tensor in writer.tensors {
            if let index = names.parameter(of: tensor.name) {
                let range = parameters.entries[index].range
                try writer.write(UnsafeBufferPointer(rebasing: predicted.values[range]), to: tensor.name)
            } else {
                try writer.copy(tensor.name, from: newest)
            }
        }
        try writer.commit()
    }

    /// ‖nowcast − newest‖ / ‖newest‖.
    private func change(from newest: [Float], to predicted: Tensor) -> Double {
        var (difference, length) = (0.0, 0.0)
        for (index, value) in newest.enumerated() {
            let step = Double(predicted.values[index]) - Double(value)
            difference += step * step
            length += Double(value) * Double(value)
        }
        return length > 0 ? (difference / length).squareRoot() : 0
    }

    private func report(_ result: Result) throws {
        if common.json { return try Output.json(result) }
        let percent = (result.relativeChange * 1000).rounded() / 10
        Output.line("\(result.out): \(result.parameters) parameters, \(result.method), \(result.horizon) states ahead, changed by \(percent) % of their length")
    }
}

extension Nowcaster {
    /// As `--method` calls it.
    var name: String {
        switch self {
        case .nino: StepCommand.Method.nino.rawValue
        case .wnn: StepCommand.Method.wnn.rawValue
        case .lineFit: StepCommand.Method.linefit.rawValue
        }
    }
}
