import Tensors

/// Classification of images: `pixels` float32 [batch, channels, height, width], `labels` int64 [batch].
public struct ImageClassification: DataSource {
    public private(set) var training: LabelledImages
    public private(set) var evaluation: LabelledImages
    public private(set) var identity: String
    public let evaluationBatchSize: Int
    public let labelCount: Int
    /// What each byte becomes in each channel: (byte / 255 - mean) / deviation, in the float operations of
    /// torchvision's transforms; [channels, 256].
    private let normalized: [Float]

    /// - Parameters:
    ///   - training, evaluation: of one size.
    ///   - mean, standardDeviation: of pixels scaled to 0 … 1, for each channel.
    public init(
        training: LabelledImages, evaluation: LabelledImages, mean: [Float], standardDeviation: [Float],
        evaluationBatchSize: Int = 250
    ) {
        precondition(
            training.height == evaluation.height && training.width == evaluation.width
                && training.channels == evaluation.channels,
            "training images of \(training.channels) x \(training.height) x \(training.width), evaluation images of "
                + "\(evaluation.channels) x \(evaluation.height) x \(evaluation.width)")
        precondition(
            mean.count == training.channels && standardDeviation.count == mean.count,
            "\(training.channels) channels, \(mean.count) means and \(standardDeviation.count) deviations")
        precondition(evaluationBatchSize > 0, "evaluation batches need at least one image, not \(evaluationBatchSize)")
        self.training = training
        self.evaluation = evaluation
        self.evaluationBatchSize = evaluationBatchSize
        identity = "\(training.count) + \(evaluation.count) examples"
        labelCount = (training.labels + evaluation.labels).max().map { Int($0) + 1 } ?? 0
        normalized = zip(mean, standardDeviation).flatMap { mean, deviation in
            (0...255).map { (Float($0) / 255 - mean) / deviation }
        }
    }

    /// Grey images.
    public init(
        training: LabelledImages, evaluation: LabelledImages, mean: Float, standardDeviation: Float,
        evaluationBatchSize: Int = 250
    ) {
        self.init(
            training: training, evaluation: evaluation, mean: [mean], standardDeviation: [standardDeviation],
            evaluationBatchSize: evaluationBatchSize)
    }

    /// The images of these classes alone; labels and their number stay.
    ///
    /// - Throws: `invalidSetting` for classes that there are not.
    public func keeping(_ classes: [Int]) throws(TrainingError) -> ImageClassification {
        guard !classes.isEmpty, classes.allSatisfy({ (0..<labelCount).contains($0) }) else {
            throw .invalidSetting(
                name: "--classes", allowed: "numbers below \(labelCount)",
                found: classes.map(String.init).joined(separator: ","))
        }
        var kept = self
        kept.training = training.keeping(classes)
        kept.evaluation = evaluation.keeping(classes)
        kept.identity = "\(identity), classes \(Set(classes).sorted())"
        return kept
    }

    public var trainingCount: Int { training.count }
    public var evaluationCount: Int { evaluation.count }

    public func inputTypes(count: Int) -> [String: ValueType] {
        [
            "pixels": ValueType(.float32, [count, training.channels, training.height, training.width]),
            "labels": ValueType(.int64, [count]),
        ]
    }

    public func trainingBatch(_ examples: ArraySlice<Int>) -> [String: Value] {
        batch(of: training, examples)
    }

    public func evaluationBatch(_ examples: Range<Int>) -> [String: Value] {
        batch(of: evaluation, examples)
    }

    /// Images whose label has the largest logit; of equal logits the first counts, as in `torch.argmax`.
    public func correctCount(logits: Tensor, batch: [String: Value]) -> Int? {
        guard let labels = batch["labels"]?.integers else { return nil }
        let classCount = logits.count / labels.count
        var correct = 0
        for (row, label) in labels.values.enumerated() {
            let scores = logits.values[(row * classCount)..<((row + 1) * classCount)]
            var best = scores.startIndex
            for index in scores.indices where scores[index] > scores[best] { best = index }
            if best - scores.startIndex == Int(label) { correct += 1 }
        }
        return correct
    }

    private func batch(of images: LabelledImages, _ examples: some Collection<Int>) -> [String: Value] {
        let (size, area) = (images.size, images.height * images.width)
        let pixels = Tensor(shape: [examples.count, images.channels, images.height, images.width])
        let labels = IntegerTensor(shape: [examples.count])
        images.pixels.withUnsafeBufferPointer { bytes in
            normalized.withUnsafeBufferPointer { normalized in
                for (row, example) in examples.enumerated() {
                    let output = pixels.address + row * size
                    let input = bytes.baseAddress! + example * size
                    for channel in 0..<images.channels {
                        let table = normalized.baseAddress! + 256 * channel
                        for index in (channel * area)..<((channel + 1) * area) {
                            output[index] = table[Int(input[index])]
                        }
                    }
                    labels.values[row] = Int64(images.labels[example])
                }
            }
        }
        return ["pixels": .float(pixels), "labels": .integer(labels)]
    }
}
