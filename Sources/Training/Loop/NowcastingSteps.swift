import Nowcasting
import Tensors

/// Predicts the weights `horizon` states after the last of five.
public typealias NowcastFunction = (_ history: [Tensor], _ horizon: Int) throws -> [Float]

/// A nowcaster as a run sees it.
public struct RunNowcaster {
    /// Tells nowcasters of one label apart, such as a check sum of the file that it was read from.
    public let identity: String
    public let nowcast: NowcastFunction

    public init(identity: String, nowcast: @escaping NowcastFunction) {
        self.identity = identity
        self.nowcast = nowcast
    }
}

final class NowcastingSteps {
    private(set) var history: [Tensor]
    private let interval: Int
    private let schedule: HorizonSchedule
    private let nowcast: NowcastFunction

    init(period: Int, steps: Int, nowcast: @escaping NowcastFunction) {
        interval = period / StateHistory.contextLength
        schedule = HorizonSchedule(period: period, maxTrainSteps: steps)
        history = []
        self.nowcast = nowcast
    }

    func restore(history: [[Float]]) {
        self.history = history.map { Tensor(shape: [$0.count], values: $0) }
    }

    func isNowcast(atStep step: Int) -> Bool {
        (step + 1) % interval == 0 && history.count == StateHistory.contextLength - 1
    }

    func recordOrNowcast(_ weights: Tensor, atStep step: Int) throws -> Int? {
        guard (step + 1) % interval == 0 else { return nil }
        history.append(Tensor(shape: weights.shape, values: weights.array))
        guard history.count == StateHistory.contextLength else { return nil }
        let horizon = schedule.horizon(atStep: step)
        let predicted = try nowcast(history, horizon)
        _ = weights.values.update(fromContentsOf: predicted)
        history = []
        return horizon
    }
}
