import Derivation
import Foundation
import NeuralGraphs
import Nowcasting

/// A plain PyTorch edge-list form of the same step, run on the same files (`Tools/edge_list.py`).
struct PyTorchComparison {
    /// Largest difference of the two results, relative to the change.
    static let tolerance = 1e-4

    /// Whether `python3` can import torch.
    static var isAvailable: Bool {
        (try? MeasuredProcess("python3", ["-c", "import importlib.util as u; assert u.find_spec('torch')"])) != nil
    }

    /// The script: the one given, or `Tools/edge_list.py` in the current directory or in one above this program.
    ///
    /// - Throws: `InputError` if there is none.
    static func script(_ given: String?) throws -> String {
        var folders = [URL(fileURLWithPath: FileManager.default.currentDirectoryPath)]
        var folder = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        while folder.path != "/" {
            folder = folder.deletingLastPathComponent()
            folders.append(folder)
        }
        let candidates = given.map { [$0] } ?? folders.map { $0.appendingPathComponent("Tools/edge_list.py").path }
        guard let found = candidates.first(where: FileManager.default.isReadableFile) else {
            throw InputError(
                "--against-pytorch: expected Tools/edge_list.py of the sources, found none; give it by --pytorch-script"
            )
        }
        return found
    }

    /// Shows seconds and memory, and the difference from the step's own result.
    /// - Throws: `Failure.answerIsNo` if the results disagree.
    static func run(_ bench: StepBench, script: String, threads: Int) throws {
        let (graph, out) = ("\(bench.folder)/graph.safetensors", "\(bench.folder)/pytorch.safetensors")
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
        let difference = try bench.difference(bench.output(.drawn, .float32, threads: threads), from: out)
        try bench.figures.show("\(name): difference", difference * 1e6, "millionths of the change")
        guard difference <= tolerance else {
            Output.note("\(name): expected a difference of at most \(tolerance), found \(difference)")
            throw Failure.answerIsNo
        }
    }
}
