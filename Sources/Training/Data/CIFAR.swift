import Foundation

/// CIFAR-10 and CIFAR-100 (Krizhevsky 2009) in their binary version: 32 x 32 colour images of ten or a hundred kinds of
/// things.
public enum CIFAR: String, Sendable {
    case ten = "CIFAR-10"
    case hundred = "CIFAR-100"

    private static let side = 32
    private static let channels = 3
    /// As the paper's code normalizes.
    private static let mean: [Float] = [0.491_399_68, 0.482_158_27, 0.446_531_24]
    private static let standardDeviation: [Float] = [0.247_032_33, 0.243_485_05, 0.261_587_68]

    private var classCount: Int { self == .ten ? 10 : 100 }
    /// Labels come before the pixels; of CIFAR-100's two the second is the fine one.
    private var labelBytes: Int { self == .ten ? 1 : 2 }
    /// The folder in the archive.
    private var archiveFolder: String { self == .ten ? "cifar-10-batches-bin" : "cifar-100-binary" }
    private var trainingFiles: [String] { self == .ten ? (1...5).map { "data_batch_\($0).bin" } : ["train.bin"] }
    private var testFile: String { self == .ten ? "test_batch.bin" : "test.bin" }

    /// Reads the files of a folder, or of the archive's folder in it. The last twelfth of the training images is held
    /// back, as in the paper; evaluation is on the whole test set.
    ///
    /// - Parameter folder: `--data`, else the environment's `NINO_DATA`; nil for none.
    /// - Throws: `dataSetMissing` naming the file and how to get it; `recordsCut`; `labelOutOfRange`.
    public func load(
        folder: String?, environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(TrainingError) -> ImageClassification {
        let place = folder ?? environment["NINO_DATA"] ?? ""
        var training = try images(in: trainingFiles[0], of: place)
        for file in trainingFiles.dropFirst() { training = training + (try images(in: file, of: place)) }
        let kept = training.count - training.count / 12
        return ImageClassification(
            training: training.subset(0..<kept), evaluation: try images(in: testFile, of: place), mean: Self.mean,
            standardDeviation: Self.standardDeviation)
    }

    private func images(in file: String, of folder: String) throws(TrainingError) -> LabelledImages {
        let path = try find(file, in: folder)
        let bytes = try readFile(path)
        let size = Self.channels * Self.side * Self.side
        let record = labelBytes + size
        guard !bytes.isEmpty, bytes.count.isMultiple(of: record) else {
            throw .recordsCut(file: path, record: record, found: bytes.count)
        }
        let starts = stride(from: 0, to: bytes.count, by: record)
        let labels = starts.map { bytes[$0 + labelBytes - 1] }
        if let index = labels.firstIndex(where: { $0 >= classCount }) {
            throw .labelOutOfRange(file: path, index: index, label: Int(labels[index]), classCount: classCount)
        }
        var pixels: [UInt8] = []
        pixels.reserveCapacity(labels.count * size)
        for start in starts { pixels += bytes[(start + labelBytes)..<(start + record)] }
        return LabelledImages(
            channels: Self.channels, height: Self.side, width: Self.side, pixels: pixels, labels: labels)
    }

    private func find(_ file: String, in folder: String) throws(TrainingError) -> String {
        let candidates = ["\(folder)/\(file)", "\(folder)/\(archiveFolder)/\(file)"]
        if !folder.isEmpty, let path = candidates.first(where: { FileManager.default.fileExists(atPath: $0) }) {
            return path
        }
        throw .dataSetMissing(
            name: rawValue, folder: folder.isEmpty ? "any folder that was named" : folder, missing: file,
            advice: "unpack its binary version (https://www.cs.toronto.edu/~kriz/cifar.html) and give the folder with "
                + "--data or NINO_DATA")
    }
}
