/// Images of bytes with a class each.
public struct LabelledImages: Sendable {
    /// Images.
    public let count: Int
    /// 1 for grey images.
    public let channels: Int
    public let height: Int
    public let width: Int
    /// `[count, channels, height, width]`, row-major.
    public let pixels: [UInt8]
    /// One class an image.
    public let labels: [UInt8]

    /// Grey images from a pair of IDX files.
    ///
    /// - Parameter classCount: labels must be below it.
    /// - Throws: the errors of `IDXArray`; `countMismatch`; `labelOutOfRange`.
    public init(images imageFile: String, labels labelFile: String, classCount: Int) throws(TrainingError) {
        let images = try IDXArray(contentsOf: imageFile, rank: 3)
        let classes = try IDXArray(contentsOf: labelFile, rank: 1)
        guard images.shape[0] == classes.shape[0] else {
            throw .countMismatch(images: images.shape[0], labels: classes.shape[0], file: labelFile)
        }
        if let index = classes.bytes.firstIndex(where: { $0 >= classCount }) {
            throw .labelOutOfRange(
                file: labelFile, index: index, label: Int(classes.bytes[index]), classCount: classCount)
        }
        self.init(height: images.shape[1], width: images.shape[2], pixels: images.bytes, labels: classes.bytes)
    }

    /// - Parameters:
    ///   - pixels: `[labels.count, channels, height, width]`, row-major.
    public init(channels: Int = 1, height: Int, width: Int, pixels: [UInt8], labels: [UInt8]) {
        let needed = labels.count * channels * height * width
        precondition(
            pixels.count == needed,
            "\(labels.count) images of \(channels) x \(height) x \(width) need \(needed) pixels, not \(pixels.count)")
        self.count = labels.count
        self.channels = channels
        self.height = height
        self.width = width
        self.pixels = pixels
        self.labels = labels
    }

    /// Scalars of an image.
    var size: Int { channels * height * width }

    /// Images of the same size one after the other.
    static func + (left: LabelledImages, right: LabelledImages) -> LabelledImages {
        precondition(left.size == right.size, "images of \(left.size) and of \(right.size) pixels")
        return LabelledImages(
            channels: left.channels, height: left.height, width: left.width, pixels: left.pixels + right.pixels,
            labels: left.labels + right.labels)
    }

    /// The images of these classes, in their order.
    func keeping(_ classes: [Int]) -> LabelledImages {
        let wanted = Set(classes.map { UInt8(clamping: $0) })
        let kept = labels.indices.filter { wanted.contains(labels[$0]) }
        return LabelledImages(
            channels: channels, height: height, width: width,
            pixels: kept.flatMap { pixels[($0 * size)..<(($0 + 1) * size)] },
            labels: kept.map { labels[$0] })
    }

    /// The images at `range`.
    func subset(_ range: Range<Int>) -> LabelledImages {
        LabelledImages(
            channels: channels, height: height, width: width,
            pixels: Array(pixels[(range.lowerBound * size)..<(range.upperBound * size)]), labels: Array(labels[range]))
    }
}
