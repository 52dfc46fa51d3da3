/// A problem with the settings of the paper: data, model, metric, target, and the defaults of every flag.
public struct TaskDescription: Sendable, Equatable {
    public let name: String
    /// One line for people.
    public let summary: String
    /// Name of the model's config in `Architectures/`.
    public let configuration: String
    public let dataSet: DataSet
    public let metric: Metric
    public let target: Double
    public let learningRate: Double
    public let weightDecay: Double
    public let batchSize: Int
    /// Budget in optimizer steps.
    public let steps: Int
    /// Steps from one nowcast to the next.
    public let period: Int
    /// Steps from one evaluation to the next.
    public let evaluationInterval: Int

    /// Where the examples come from.
    public enum DataSet: String, Sendable {
        case fashionMNIST = "FashionMNIST"
    }

    /// Every task, in the order shown to people. Source: Knyazev et al. 2025, table 1 and section A.
    public static let all: [TaskDescription] = [
        fashionMNIST(name: "fm-16", channels: "16-32-32", target: 0.895),
        fashionMNIST(name: "fm-32", channels: "32-64-64", target: 0.905),
    ]

    /// - Throws: `unknownTask` with the names that are known.
    public static func named(_ name: String) throws(TrainingError) -> TaskDescription {
        guard let task = all.first(where: { $0.name == name }) else {
            throw .unknownTask(name, known: all.map(\.name))
        }
        return task
    }

    /// Reads the task's data.
    ///
    /// - Parameter folder: nil for the data set's usual places.
    /// - Throws: the errors of the data set's reader.
    public func loadData(folder: String? = nil) throws(TrainingError) -> any DataSource {
        switch dataSet {
        case .fashionMNIST: try FashionMNIST.load(folder: FashionMNIST.folder(requested: folder))
        }
    }

    private static func fashionMNIST(name: String, channels: String, target: Double) -> TaskDescription {
        TaskDescription(
            name: name, summary: "convolutional network \(channels) on FashionMNIST", configuration: name,
            dataSet: .fashionMNIST, metric: .accuracy, target: target, learningRate: 0.006, weightDecay: 0, batchSize: 128,
            steps: 10_000, period: 1000, evaluationInterval: 50)
    }
}
