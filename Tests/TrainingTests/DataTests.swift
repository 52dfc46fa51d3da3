import Foundation
import Tensors
import TestSupport
import Testing
import Training

/// An IDX file of bytes.
private func idx(_ shape: [Int], _ bytes: [UInt8], type: UInt8 = 8) -> [UInt8] {
    let sizes = shape.flatMap { size in [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: size >> $0) } }
    return [0, 0, type, UInt8(shape.count)] + sizes + bytes
}

/// The numbers 0 … 5 as a 2 x 3 IDX file, compressed by gzip.
private let compressed: [UInt8] = [
    0x1F, 0x8B, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0x63, 0x60, 0xE0, 0x60, 0x62, 0x60, 0x60, 0x00, 0x61,
    0x66,
    0x06, 0x46, 0x26, 0x66, 0x16, 0x56, 0x00, 0x26, 0x2C, 0x23, 0x54, 0x12, 0x00, 0x00, 0x00,
]

private func parse(_ data: [UInt8], rank: Int = 2) throws(TrainingError) -> IDXArray {
    try IDXArray(parsing: data, rank: rank, file: "f")
}

@Suite struct IDXTests {
    @Test func aWellFormedFileIsRead() throws {
        let array = try parse(idx([2, 3], [0, 1, 2, 3, 4, 5]))
        #expect(array.shape == [2, 3] && array.bytes == [0, 1, 2, 3, 4, 5])
        #expect(try parse(idx([0], []), rank: 1).bytes.isEmpty)
    }

    @Test func anotherMagicNumberIsRefused() {
        #expect(throws: TrainingError.notIDX(file: "f", expected: "00 00 08 02", found: "50 4B 03 04")) {
            try parse([0x50, 0x4B, 0x03, 0x04, 0, 0])
        }
        #expect(throws: TrainingError.notIDX(file: "f", expected: "00 00 08 02", found: "nothing")) { try parse([]) }
    }

    @Test func anotherElementTypeIsRefused() {
        #expect(throws: TrainingError.notIDX(file: "f", expected: "element type 08 (unsigned byte)", found: "type 0D"))
        {
            try parse(idx([2, 3], [0, 1, 2, 3, 4, 5], type: 0x0D))
        }
    }

    @Test func anotherNumberOfAxesIsRefused() {
        #expect(throws: TrainingError.wrongRank(file: "f", expected: 2, found: 1)) {
            try parse(idx([6], [0, 1, 2, 3, 4, 5]))
        }
    }

    @Test func missingAndSurplusBytesAreRefused() {
        #expect(throws: TrainingError.sizeMismatch(file: "f", expected: 18, found: 17)) {
            try parse(idx([2, 3], [0, 1, 2, 3, 4]))
        }
        #expect(throws: TrainingError.sizeMismatch(file: "f", expected: 18, found: 19)) {
            try parse(idx([2, 3], [0, 1, 2, 3, 4, 5, 6]))
        }
        #expect(throws: TrainingError.sizeMismatch(file: "f", expected: 12, found: 5)) { try parse([0, 0, 8, 2, 0]) }
    }

    @Test func sizesWhoseProductOverflowsAreRefused() {
        let huge = 0xFFFF_FFFF
        #expect(throws: TrainingError.self) { try parse(idx([huge, huge, huge], []), rank: 3) }
        #expect(throws: TrainingError.self) { try parse(idx([huge, huge / 2, 1], []), rank: 3) }
    }

    @Test func compressedFilesAreRead() throws {
        let folder = TemporaryFolder()
        let array = try IDXArray(contentsOf: folder.write(compressed, to: "a.gz"), rank: 2)
        #expect(array.shape == [2, 3] && array.bytes == [0, 1, 2, 3, 4, 5])
    }

    @Test func damagedCompressionIsRefused() throws {
        let folder = TemporaryFolder()
        func reason(_ change: (inout [UInt8]) -> Void) throws -> String? {
            var bytes = compressed
            change(&bytes)
            do {
                _ = try IDXArray(contentsOf: folder.write(bytes, to: "a.gz"), rank: 2)
                return nil
            } catch TrainingError.compressedDataDamaged(_, let reason) {
                return reason
            }
        }
        #expect(try reason { _ in } == nil)
        #expect(try reason { $0[$0.count - 8] ^= 1 } == "incorrect data check")
        #expect(try reason { $0[$0.count - 1] ^= 1 } == "incorrect length check")
        #expect(try reason { $0.removeLast(3) } == "it ends too early")
        #expect(try reason { $0.removeLast(15) } == "it ends too early")
        #expect(try reason { $0.append(0) } != nil)
        #expect(try reason { $0[2] = 9 } == "unknown compression method")
    }

    @Test func aFileThatIsNotThereIsNamed() {
        #expect(throws: TrainingError.cannotRead(file: "/nowhere/a", reason: "No such file or directory")) {
            try IDXArray(contentsOf: "/nowhere/a", rank: 1)
        }
        #expect(
            "\(TrainingError.cannotRead(file: "/nowhere/a", reason: "No such file or directory"))".hasPrefix(
                "/nowhere/a: "))
    }
}

@Suite struct FashionMNISTTests {
    /// A folder with 24 training and 3 test images of 2 x 2.
    private func folder(trainingLabels: [UInt8] = [UInt8](repeating: 9, count: 24)) throws -> TemporaryFolder {
        let folder = TemporaryFolder()
        folder.write(idx([24, 2, 2], (0..<96).map { UInt8($0) }), to: "train-images-idx3-ubyte")
        folder.write(idx([trainingLabels.count], trainingLabels), to: "train-labels-idx1-ubyte")
        folder.write(idx([3, 2, 2], [UInt8](repeating: 255, count: 12)), to: "t10k-images-idx3-ubyte")
        folder.write(idx([3], [1, 2, 3]), to: "t10k-labels-idx1-ubyte")
        return folder
    }

    @Test func theLastTwelfthIsHeldBackAndPixelsAreNormalized() throws {
        let folder = try folder()
        let data = try FashionMNIST.load(folder: folder.path)
        #expect(data.trainingCount == 22 && data.evaluationCount == 3)
        let batch = data.trainingBatch([21, 0])
        #expect(batch["pixels"]!.type == ValueType(.float32, [2, 1, 2, 2]))
        let expected = [84, 85, 86, 87, 0, 1, 2, 3].map { (Float($0) / 255 - 0.1307) / 0.3081 }
        #expect(batch["pixels"]!.floats.array == expected)
        #expect(batch["labels"]!.integers.array == [9, 9])
        #expect(data.evaluationBatch(1..<3)["labels"]!.integers.array == [2, 3])
    }

    @Test func aLabelBeyondTheClassesIsRefused() throws {
        let folder = try folder(trainingLabels: [UInt8](repeating: 0, count: 23) + [10])
        #expect(
            throws: TrainingError.labelOutOfRange(
                file: folder.path + "train-labels-idx1-ubyte", index: 23, label: 10, classCount: 10)
        ) {
            try FashionMNIST.load(folder: folder.path)
        }
    }

    @Test func anotherNumberOfLabelsIsRefused() throws {
        let folder = try folder(trainingLabels: [1, 2])
        #expect(
            throws: TrainingError.countMismatch(images: 24, labels: 2, file: folder.path + "train-labels-idx1-ubyte")
        ) {
            try FashionMNIST.load(folder: folder.path)
        }
    }

    @Test func testImagesOfAnotherSizeAreRefused() throws {
        let folder = try folder()
        folder.write(idx([3, 2, 1], [0, 0, 0, 0, 0, 0]), to: "t10k-images-idx3-ubyte")
        #expect(throws: TrainingError.wrongImageSize(folder: folder.path, expected: [2, 2], found: [2, 1])) {
            try FashionMNIST.load(folder: folder.path)
        }
    }

    @Test func aMissingDataSetSaysHowToInstallIt() throws {
        let folder = TemporaryFolder()
        let error = #expect(throws: TrainingError.self) { try FashionMNIST.load(folder: folder.path) }
        #expect("\(error!)".contains("apt-get install dataset-fashion-mnist") && "\(error!)".contains(folder.path))
    }

    @Test func theFolderComesFromTheFlagThenTheEnvironmentThenThePackage() {
        #expect(FashionMNIST.folder(requested: "/a", environment: ["NINO_DATA": "/b"]) == "/a")
        #expect(FashionMNIST.folder(requested: nil, environment: ["NINO_DATA": "/b"]) == "/b")
        #expect(FashionMNIST.folder(requested: nil, environment: [:]) == FashionMNIST.packageFolder)
    }

    @Test func rightPredictionsAreThoseWithTheLargestLogit() {
        let data = toyData()
        let batch: [String: Value] = ["labels": .integer(IntegerTensor(shape: [3], values: [2, 0, 1]))]
        let logits = Tensor(shape: [3, 3], values: [0, 1, 2, 5, 5, 1, 3, 2, 1])
        #expect(data.correctCount(logits: logits, batch: batch) == 2)
    }
}
