/// A problem with settings as in the paper: data, model, metric, target, and the defaults of every flag.
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
    /// States that a nowcast looks ahead, at most or at first (`NowcastPolicy`). Languages are learnt at a rate where
    /// noise outgrows far extrapolations.
    public let firstHorizon: Int
    /// Steps from one evaluation to the next.
    public let evaluationInterval: Int

    /// Where the examples come from.
    public enum DataSet: String, Sendable {
        case fashionMNIST = "FashionMNIST"
        case cifar10 = "CIFAR-10"
        case cifar100 = "CIFAR-100"
        /// A file that the user names, byte by byte or in the pieces of a tokenizer.
        case text
    }

    /// What a user may say about the data. A task refuses what it has no use for.
    public struct DataChoice: Sendable {
        /// `--data`: the data set's folder; nil for its usual places.
        public var folder: String?
        /// `--text`: a file.
        public var text: String?
        /// `--tokenizer`: a `tokenizer.json`; nil for bytes.
        public var tokenizer: String?
        /// `--context`: positions in a window; nil for as many as the model takes, at most 64.
        public var context: Int?
        /// `--classes`: images of these classes alone; nil for all.
        public var classes: [Int]?

        public init(
            folder: String? = nil, text: String? = nil, tokenizer: String? = nil, context: Int? = nil,
            classes: [Int]? = nil
        ) {
            (self.folder, self.text, self.tokenizer) = (folder, text, tokenizer)
            (self.context, self.classes) = (context, classes)
        }
    }

    /// Every task, in the order shown to people. Source: Knyazev et al. 2025, table 1 and section A, for the
    /// convolutional networks, and their code's defaults for language models.
    public static let all: [TaskDescription] = [
        convolutional(name: "fm-16", channels: "16-32-32", .fashionMNIST, target: 0.895),
        convolutional(name: "fm-32", channels: "32-64-64", .fashionMNIST, target: 0.905),
        convolutional(name: "c10-16", channels: "16-32-32", .cifar10, target: 0.66),
        convolutional(name: "c10-32", channels: "32-64-64", .cifar10, target: 0.725),
        convolutional(name: "c100-32", channels: "32-64-64", .cifar100, target: 0.39),
        TaskDescription(
            name: "fm-vit", summary: "vision transformer on FashionMNIST", configuration: "vit-tiny",
            dataSet: .fashionMNIST, metric: .accuracy, target: 0.88, learningRate: 0.001, weightDecay: 0,
            batchSize: 128,
            steps: 10_000, firstHorizon: 20, evaluationInterval: 200),
        // Losses of different texts do not compare, so no target fits all: this one is never reached.
        TaskDescription(
            name: "text", summary: "language model on the bytes of --text, or its --tokenizer's words",
            configuration: "gpt2-tiny",
            dataSet: .text, metric: .testLoss, target: 0, learningRate: 0.001, weightDecay: 0.01, batchSize: 32,
            steps: 6000, firstHorizon: 10, evaluationInterval: 100),
    ]

    /// - Throws: `unknownTask` with the names that are known.
    public static func named(_ name: String) throws(TrainingError) -> TaskDescription {
        guard let task = all.first(where: { $0.name == name }) else {
            throw .unknownTask(name, known: all.map(\.name))
        }
        return task
    }

    /// Most positions of a window of text unless the user says otherwise.
    private static let usualContext = 64

    /// Reads the task's data.
    ///
    /// - Parameter model: what will learn it.
    /// - Throws: `invalidSetting` for a choice that is missing or has no use here; the errors of the data set's reader.
    public func loadData(_ choice: DataChoice = DataChoice(), for model: TrainableModel) throws(TrainingError)
        -> any DataSource
    {
        switch dataSet {
        case .fashionMNIST, .cifar10, .cifar100:
            try refuse("--text", choice.text)
            try refuse("--tokenizer", choice.tokenizer)
            try refuse("--context", choice.context.map(String.init))
            let images = try loadImages(choice.folder)
            guard let classes = choice.classes else { return images }
            return try images.keeping(classes)
        case .text:
            try refuse("--data", choice.folder)
            try refuse("--classes", choice.classes.map { "\($0)" })
            guard let file = choice.text else {
                throw .invalidSetting(name: "--text", allowed: "a file for task \(name) to learn", found: "none")
            }
            let context = choice.context ?? model.longestContext(atMost: Self.usualContext)
            guard let tokenizer = choice.tokenizer else { return try ByteText(contentsOf: file, context: context) }
            return try WordText(contentsOf: file, tokenizer: tokenizer, context: context)
        }
    }

    private func loadImages(_ folder: String?) throws(TrainingError) -> ImageClassification {
        switch dataSet {
        case .cifar10: try CIFAR.ten.load(folder: folder)
        case .cifar100: try CIFAR.hundred.load(folder: folder)
        case .fashionMNIST, .text: try FashionMNIST.load(folder: FashionMNIST.folder(requested: folder))
        }
    }

    private func refuse(_ flag: String, _ value: String?) throws(TrainingError) {
        guard let value else { return }
        throw .invalidSetting(name: flag, allowed: "nothing for task \(name), which has no use for it", found: value)
    }

    private static func convolutional(name: String, channels: String, _ data: DataSet, target: Double)
        -> TaskDescription
    {
        TaskDescription(
            name: name, summary: "convolutional network \(channels) on \(data.rawValue)", configuration: name,
            dataSet: data, metric: .accuracy, target: target, learningRate: data == .fashionMNIST ? 0.006 : 0.003,
            weightDecay: 0, batchSize: 128,
            steps: 10_000, firstHorizon: 20, evaluationInterval: 50)
    }
}
