import Foundation

/// How the learning rate changes over a run, as a factor of the peak rate.
public protocol LearningRateSchedule: Sendable {
    /// - Parameter step: completed updates before this one, from 0.
    /// - Returns: 0 … 1.
    func factor(at step: Int) -> Double
}

/// The peak rate from the end of the warm-up on. Source: `get_constant_schedule_with_warmup` of transformers.
public struct ConstantSchedule: LearningRateSchedule {
    public let warmup: Warmup

    public init(warmup: Warmup = Warmup(steps: 0)) { self.warmup = warmup }

    public func factor(at step: Int) -> Double { warmup.factor(at: step) ?? 1 }
}

/// A straight line from the peak to zero at the end. Source: `get_linear_schedule_with_warmup` of transformers.
public struct LinearSchedule: LearningRateSchedule {
    public let warmup: Warmup
    /// Updates of the whole run.
    public let steps: Int

    public init(warmup: Warmup = Warmup(steps: 0), steps: Int) { (self.warmup, self.steps) = (warmup, steps) }

    public func factor(at step: Int) -> Double {
        warmup.factor(at: step) ?? max(0, Double(steps - step) / Double(max(1, steps - warmup.steps)))
    }
}

/// Half a period of a cosine, from the peak to zero. Source: `get_cosine_schedule_with_warmup` of transformers.
public struct CosineSchedule: LearningRateSchedule {
    public let warmup: Warmup
    public let steps: Int

    public init(warmup: Warmup = Warmup(steps: 0), steps: Int) { (self.warmup, self.steps) = (warmup, steps) }

    public func factor(at step: Int) -> Double {
        if let factor = warmup.factor(at: step) { return factor }
        let progress = Double(step - warmup.steps) / Double(max(1, steps - warmup.steps))
        return max(0, 0.5 * (1 + cos(.pi * min(progress, 1))))
    }
}

/// Warm-up, stable, decay: the peak rate, then a straight line to zero. Source: Hu et al. 2024 (arXiv 2404.06395);
/// `get_wsd_schedule` of transformers with linear decay.
public struct WarmupStableDecaySchedule: LearningRateSchedule {
    /// The share of a run that decays, unless another is asked for.
    public static let standardDecayShare = 0.2

    public let warmup: Warmup
    public let steps: Int
    public let decaySteps: Int

    public init(
        warmup: Warmup = Warmup(steps: 0), steps: Int, decayShare: Double = Self.standardDecayShare
    ) {
        (self.warmup, self.steps) = (warmup, steps)
        decaySteps = Int((Double(steps) * decayShare).rounded())
    }

    public func factor(at step: Int) -> Double {
        if let factor = warmup.factor(at: step) { return factor }
        let decayed = step - (steps - decaySteps)
        return decayed < 0 ? 1 : max(0, 1 - Double(decayed) / Double(max(1, decaySteps)))
    }
}
