import Derivation
import Foundation
import NeuralGraphs
import Nowcasting

/// A plain PyTorch edge-list form of the same step, run on the same files (`Resources/edge_list.py`).
struct PyTorchComparison {
    /// Largest difference of the two results, relative to the change.
    static let tolerance = 1e-4

    /// Whether `python3` can import torch.
    static var isAvailable: Bool {
        (try? MeasuredProcess("python3", ["-c", "import importlib.util as u; assert u.find_spec('torch')"])) != nil
    }

    /// Shows seconds and memory, and the difference from the step's own result.
    /// - Throws: `Failure.answerIsNo` if the results disagree.
    static func run(_ bench: StepBench, threads: Int) throws {
        let (script, graph, out) = (
            "\(bench.folder)/edge_list.py", "\(bench.folder)/graph.safetensors", "\(bench.folder)/pytorch.safetensors"
        )
        try Data(PackageResources.edge_list_py).write(to: URL(fileURLWithPath: script))
        let blocks = try bench.model.neuralGraph()
        try GraphFile.write(blocks, LaplacianPositionalEncoding(blocks), to: graph)
        let child = try MeasuredProcess(
            "python3",
            [script, "--graph", graph, "--history"] + bench.history.files + [
                "--checkpoint", bench.history.checkpoint, "--k", "\(StepBench.horizon)", "--out", out, "--threads",
                "\(threads)",
            ])
        let name = "\(bench.config), PyTorch edge list, threads \(threads)"
        try bench.figures.show("\(name): step", child.number("seconds"), "s")
        try bench.figures.show("\(name): peak memory", Double(child.peakBytes) / 1e6, "MB")
        let difference = try bench.difference(bench.output(.float32, threads: threads), from: out)
        try bench.figures.show("\(name): difference", difference * 1e6, "millionths of the change")
        guard difference <= tolerance else {
            Output.note("\(name): expected a difference of at most \(tolerance), found \(difference)")
            throw Failure.answerIsNo
        }
    }
}
