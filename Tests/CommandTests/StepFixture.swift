import Checkpoints
import TestSupport

/// A tiny model with five states on disk, and commands on it.
struct StepFixture {
    let folder = TemporaryFolder()
    let config: String
    static let shapes: [(name: String, shape: [Int])] = [
        ("fc.0.weight", [5, 4]), ("fc.0.bias", [5]), ("fc.2.weight", [3, 5]), ("fc.2.bias", [3]),
    ]

    init() throws {
        config = folder.write(
            #"{"model_type": "mlp", "hidden": [5], "in_channels": 1, "image_size": 2, "num_classes": 3}"#,
            to: "config.json")
        for t in 0..<5 { try writeState(t) }
    }

    var history: [String] { (0..<5).map { folder + "state\($0).safetensors" } }
    var out: String { folder + "out.safetensors" }

    /// Value of scalar `index` of tensor `name` at time t: a parabola, so that a line does not fit it exactly.
    static func value(_ name: String, _ index: Int, _ t: Int) -> Float {
        Float(index + name.utf8.count) + 0.5 * Float(t) + 0.25 * Float(t * t)
    }

    /// Writes state t; `change` alters the tensors first.
    func writeState(_ t: Int, change: (inout [String: (shape: [Int], values: [Float])]) -> Void = { _ in }) throws {
        var tensors: [String: (shape: [Int], values: [Float])] = [:]
        for (name, shape) in Self.shapes {
            tensors[name] = (shape, (0..<shape.reduce(1, *)).map { Self.value(name, $0, t) })
        }
        change(&tensors)
        let infos = tensors.map { TensorInfo(name: $0.key, dtype: .f32, shape: $0.value.shape) }
        let writer = try SafetensorsWriter(history[t], tensors: infos, metadata: ["format": "pt"])
        for tensor in writer.tensors { try writer.write(tensors[tensor.name]!.values, to: tensor.name) }
        try writer.commit()
    }

    func step(_ extra: String..., history: [String]? = nil, config: String? = nil, fileSizeLimit: Int? = nil) throws
        -> Command
    {
        try Command(
            arguments: ["step", "--config", config ?? self.config, "--history"] + (history ?? self.history) + [
                "--k", "3", "--out", out,
            ] + extra,
            fileSizeLimit: fileSizeLimit)
    }
}
