import Checkpoints
import TestSupport
import Testing

/// A model beside the logits of another implementation, which is written out here.
@Suite struct VerifyAgainstTests {
    private let folder = TemporaryFolder()
    private let hidden: [[Float]] = [[1, 2, -1, 0.5], [-0.5, 1, 1, 1], [0.25, -1, 2, 1]]
    private let hiddenBias: [Float] = [0.5, -0.25, 1]
    private let output: [[Float]] = [[1, -1, 0.5], [2, 0.25, -1]]
    private let outputBias: [Float] = [0.125, -2]
    private let pixels: [Float] = [0.5, -1, 2, 1.5]

    private func logits() -> [Float] {
        func layer(_ weight: [[Float]], _ bias: [Float], _ x: [Float]) -> [Float] {
            zip(weight, bias).map { row, bias in zip(row, x).reduce(bias) { $0 + $1.0 * $1.1 } }
        }
        return layer(output, outputBias, layer(hidden, hiddenBias, pixels).map { max(0, $0) })
    }

    private func write(_ name: String, _ tensors: [(name: String, shape: [Int], values: [Float])]) throws -> String {
        let infos = tensors.map { TensorInfo(name: $0.name, dtype: .f32, shape: $0.shape) }
        let writer = try SafetensorsWriter(folder + name, tensors: infos, metadata: [:])
        // In the writer's order.
        while let next = writer.next {
            try writer.write(tensors.first { $0.name == next.name }!.values, to: next.name)
        }
        try writer.commit()
        return folder + name
    }

    private func verify(against logits: [Float], pixelShape: [Int] = [1, 1, 2, 2]) throws -> Command {
        folder.write(
            #"{"model_type": "mlp", "hidden": [3], "in_channels": 1, "image_size": 2, "num_classes": 2}"#,
            to: "config.json")
        let weights = try write(
            "weights.safetensors",
            [
                ("fc.0.weight", [3, 4], hidden.flatMap { $0 }), ("fc.0.bias", [3], hiddenBias),
                ("fc.2.weight", [2, 3], output.flatMap { $0 }), ("fc.2.bias", [2], outputBias),
            ])
        let reference = try write(
            "logits.safetensors",
            [("pixels", pixelShape, pixelShape.contains(0) ? [] : pixels), ("logits", [1, 2], logits)])
        return try Command(
            "verify", "--config", folder + "config.json", "--weights", weights, "--against", reference, "--trials", "1")
    }

    @Test func equalLogitsAreFollowedByTheProofs() throws {
        let command = try verify(against: logits())
        #expect(command.status == 0)
        #expect(command.output.contains("  holds; "))
    }

    /// A file may hold them; a program has no place for them.
    @Test(arguments: [[0, 1, 2, 2], [0, 8, 8]]) func inputsWithoutElementsAreRefused(shape: [Int]) throws {
        let command = try verify(against: logits(), pixelShape: shape)
        #expect(command.status == 2)
        #expect(
            command.errorLines == [
                "nino: \(folder + "logits.safetensors"): tensor \"pixels\": every dimension must be at least 1, found "
                    + "\(shape)"
            ], "\(command.errors)")
    }

    @Test func otherLogitsExitWithOne() throws {
        let command = try verify(against: [logits()[0] + 0.01, logits()[1]])
        #expect(command.status == 1)
        #expect(command.output.contains("logits differ from those of \(folder + "logits.safetensors") by "))
    }
}
