import Foundation
import Nowcasting

/// All that decides the weights of a meta-training besides its trajectories. Defaults: nino-model.md 6.
public struct MetaTrainingSettings: Codable, Sendable, Equatable {
    public var shape: NetworkShape
    /// Tells the network whose weights are the first ones from others; nil for weights drawn from the seed.
    public var start: String?
    public var loss = MetaLoss.value
    public var steps = 20_000
    /// At first; falls along half a cosine to `finalLearningRate`.
    public var learningRate = 3e-3
    public var finalLearningRate = 1e-6
    public var weightDecay = 1e-2
    /// Longest gradient; longer ones are shortened to it.
    public var gradientLimit = 5.0
    /// Trajectories in a batch, and starting points of each.
    public var trajectories = 4
    public var slices = 4
    public var seed: UInt64

    public init(shape: NetworkShape, seed: UInt64) {
        (self.shape, self.seed) = (shape, seed)
    }

    /// The options that change the keys of the settings' JSON.
    static let options = [
        "shape.method": "--method", "shape.width": "--hidden", "start": "--from (check sum)", "loss": "--loss",
        "steps": "--steps", "learningRate": "--lr", "trajectories": "--trajectories", "slices": "--slices",
        "seed": "--seed",
    ]

    /// Samples of a batch.
    private static let batches = 1...(1 << 16)

    /// - Throws: `invalidSetting` naming the flag.
    public func validate() throws(TrainingError) {
        try SettingBounds.require(shape.width, "--hidden", in: 1...4096, "a network larger than those it predicts")
        try SettingBounds.require(steps, "--steps", in: SettingBounds.steps, "decades of training")
        for (name, value) in [("--trajectories", trajectories), ("--slices", slices)] {
            try SettingBounds.require(value, name, in: Self.batches, "a batch that no memory holds")
        }
        try SettingBounds.require(
            trajectories * slices, "--trajectories times --slices", in: Self.batches, "a batch that no memory holds")
        guard learningRate > 0, learningRate.isFinite else {
            throw .invalidSetting(name: "--lr", allowed: "a positive number", found: "\(learningRate)")
        }
    }

    /// - Parameter step: completed steps before this one.
    func learningRate(atStep step: Int) -> Double {
        finalLearningRate + (learningRate - finalLearningRate) * (1 + cos(.pi * Double(step) / Double(steps))) / 2
    }
}
