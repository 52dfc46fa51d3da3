import Foundation
import Tensors
import TestSupport
import Testing
import Training

@Suite struct CIFARTests {
    private let folder = TemporaryFolder()

    /// Records of made-up images: image i has label `label(i)`, and channel c is 80 · c + i everywhere.
    private func records(_ count: Int, coarse: Bool = false, label: (Int) -> UInt8) -> [UInt8] {
        var bytes: [UInt8] = []
        for image in 0..<count {
            if coarse { bytes.append(99) }
            bytes.append(label(image))
            for channel in 0..<3 { bytes += [UInt8](repeating: UInt8(80 * channel + image), count: 1024) }
        }
        return bytes
    }

    private func writeTen(to name: (String) -> String = { $0 }) {
        for batch in 1...5 {
            folder.write(records(12) { UInt8(($0 + batch) % 10) }, to: name("data_batch_\(batch).bin"))
        }
        folder.write(records(7) { UInt8($0) }, to: name("test_batch.bin"))
    }

    private func failure(_ body: () throws -> ImageClassification) -> TrainingError? {
        do {
            _ = try body()
            return nil
        } catch { return error as? TrainingError }
    }

    @Test func imagesAreReadPlaneByPlane() throws {
        writeTen()
        let data = try CIFAR.ten.load(folder: folder.path)
        // The last twelfth of sixty is held back.
        #expect(data.trainingCount == 55 && data.evaluationCount == 7 && data.labelCount == 10)
        let batch = data.trainingBatch([13, 0])
        #expect(batch["pixels"]!.type == ValueType(.float32, [2, 3, 32, 32]))
        #expect(batch["labels"]!.integers.array == [3, 1])
        let pixels = batch["pixels"]!.floats.array
        for (channel, (mean, deviation)) in [
            (0.491_399_68, 0.247_032_33), (0.482_158_27, 0.243_485_05),
            (0.446_531_24, 0.261_587_68),
        ].enumerated() {
            // Image 13 is the second of its file.
            let expected = (Double(80 * channel + 1) / 255 - mean) / deviation
            #expect(pixels[(channel * 1024)..<((channel + 1) * 1024)].allSatisfy { abs(Double($0) - expected) < 1e-6 })
        }
        #expect(try data.keeping([2, 3]).evaluationCount == 2)
    }

    @Test func ofTwoLabelsTheFineOneCounts() throws {
        folder.write(records(24, coarse: true) { UInt8($0 + 50) }, to: "train.bin")
        folder.write(records(5, coarse: true) { UInt8(99 - $0) }, to: "test.bin")
        let data = try CIFAR.hundred.load(folder: folder.path)
        #expect(data.trainingCount == 22 && data.labelCount == 100)
        #expect(data.evaluationBatch(0..<5)["labels"]!.integers.array == [99, 98, 97, 96, 95])
    }

    @Test func theArchivesFolderIsFound() throws {
        try FileManager.default.createDirectory(
            atPath: folder + "cifar-10-batches-bin", withIntermediateDirectories: true)
        writeTen { "cifar-10-batches-bin/\($0)" }
        #expect(try CIFAR.ten.load(folder: nil, environment: ["NINO_DATA": folder.path]).trainingCount == 55)
    }

    @Test func whatIsMissingOrDamagedIsNamed() throws {
        writeTen()
        let path = folder + "data_batch_3.bin"
        let whole = TemporaryFolder.bytes(of: path)
        folder.write(Array(whole.dropLast()), to: "data_batch_3.bin")
        let cut = failure { try CIFAR.ten.load(folder: folder.path) }
        #expect("\(cut!)".contains("data_batch_3.bin: expected whole records of 3073 bytes"))
        var other = whole
        other[3073 * 4] = 10
        folder.write(other, to: "data_batch_3.bin")
        let label = failure { try CIFAR.ten.load(folder: folder.path) }
        #expect("\(label!)".contains("label 4 is 10"))
        folder.write([], to: "data_batch_3.bin")
        #expect(failure { try CIFAR.ten.load(folder: folder.path) } != nil)
        try FileManager.default.removeItem(atPath: path)
        let missing = failure { try CIFAR.ten.load(folder: folder.path) }
        #expect("\(missing!)".contains("data_batch_3.bin is not in") && "\(missing!)".contains("cifar.html"))
        #expect(failure { try CIFAR.hundred.load(folder: nil, environment: [:]) } != nil)
    }

    @Test func theTasksAreThoseOfThePaper() throws {
        for (name, target) in [("c10-16", 0.66), ("c10-32", 0.725), ("c100-32", 0.39)] {
            let task = try TaskDescription.named(name)
            #expect(task.target == target && task.learningRate == 0.003 && task.batchSize == 128)
        }
    }
}
