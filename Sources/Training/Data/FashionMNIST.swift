import Foundation

/// FashionMNIST (Xiao, Rasul and Vollgraf 2017): 28 x 28 grey images of ten kinds of clothing.
public enum FashionMNIST {
    public static let name = "FashionMNIST"
    /// Where the Debian package `dataset-fashion-mnist` puts the files.
    public static let packageFolder = "/usr/share/datasets/fashion-mnist"
    static let classCount = 10
    /// As the paper's code normalizes; the numbers are MNIST's.
    static let mean: Float = 0.1307
    static let standardDeviation: Float = 0.3081

    /// The folder to read: `requested` (`--data`), else the environment's `NINO_DATA`, else the Debian package's.
    public static func folder(
        requested: String?, environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> String {
        requested ?? environment["NINO_DATA"].flatMap { $0.isEmpty ? nil : $0 } ?? packageFolder
    }

    /// Reads the four files, compressed or not. The last twelfth of the training images is held back, as in the paper;
    /// evaluation is on the whole test set.
    ///
    /// - Throws: `dataSetMissing` naming the file and how to get it; the errors of `LabelledImages`; `wrongImageSize`
    ///   when the two sets differ; `tooFewExamples`.
    public static func load(folder: String) throws(TrainingError) -> ImageClassification {
        let training = try load("train", folder: folder)
        let test = try load("t10k", folder: folder)
        guard training.height == test.height, training.width == test.width else {
            throw .wrongImageSize(
                folder: folder, expected: [training.height, training.width], found: [test.height, test.width])
        }
        let kept = training.count - training.count / 12
        guard kept > 0, test.count > 0 else {
            throw .tooFewExamples(name: folder, expected: 1, found: 0)
        }
        return ImageClassification(
            training: training.subset(0..<kept), evaluation: test, mean: mean, standardDeviation: standardDeviation)
    }

    private static func load(_ part: String, folder: String) throws(TrainingError) -> LabelledImages {
        try LabelledImages(
            images: find("\(part)-images-idx3-ubyte", in: folder),
            labels: find("\(part)-labels-idx1-ubyte", in: folder),
            classCount: classCount)
    }

    /// The path of `file` or `file.gz` in the folder.
    private static func find(_ file: String, in folder: String) throws(TrainingError) -> String {
        let path = folder.hasSuffix("/") ? folder + file : "\(folder)/\(file)"
        for candidate in [path + ".gz", path] where FileManager.default.fileExists(atPath: candidate) {
            return candidate
        }
        throw .dataSetMissing(
            name: name, folder: folder, missing: "\(file)(.gz)",
            advice:
                "install it with `apt-get install dataset-fashion-mnist`, or give the folder with --data or NINO_DATA")
    }
}
