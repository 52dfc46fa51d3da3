import Checkpoints
import JSONText

/// What can be wrong with the data, the settings or the files of a training run.
public enum TrainingError: Error, Equatable {
    // Files.
    case cannotRead(file: String, reason: String)
    case file(CheckpointError)
    case cannotWrite(file: String, reason: String)
    case json(JSONError)
    case compressedDataDamaged(file: String, reason: String)
    case notIDX(file: String, expected: String, found: String)
    case wrongRank(file: String, expected: Int, found: Int)
    case sizeMismatch(file: String, expected: Int, found: Int)

    // Data sets.
    case dataSetMissing(name: String, folder: String, missing: String, advice: String)
    case countMismatch(images: Int, labels: Int, file: String)
    case labelOutOfRange(file: String, index: Int, label: Int, classCount: Int)
    case wrongImageSize(folder: String, expected: [Int], found: [Int])
    case tooFewExamples(name: String, expected: Int, found: Int)
    case textTooShort(file: String, unit: String, context: Int, expected: Int, found: Int)
    case recordsCut(file: String, record: Int, found: Int)

    // Settings.
    case unknownTask(String, known: [String])
    case unknownOptimizer(String, known: [String])
    case unknownSchedule(String, known: [String])
    case unknownOuterStep(String, known: [String])
    case invalidSetting(name: String, allowed: String, found: String)
    case modelOutputMissing(String, found: [String])
    case modelDoesNotFit(task: String, file: String, inputs: [String], reason: String)
    case tooFewLogits(task: String, expected: Int, found: Int)

    // The run.
    case lossNotFinite(step: Int, loss: Float)
    case otherRun(file: String, [SettingDifference])
    case checkpointInvalid(file: String, key: String, expected: String, found: String)
    case checkpointExists(folder: String)
    case runFinished(folder: String)
    case nothingToResume(folder: String)
    /// A meta-training that is done with so many steps of those it was to have.
    case trainingExists(file: String, done: Int, of: Int)

    // Trajectories and meta-training.
    case trajectoryInvalid(file: String, key: String, expected: String, found: String)
    case noTrajectories(folder: String, wanted: String)
    case metaTrainingDiverged(step: Int, reductions: Int)
}

extension TrainingError: CustomStringConvertible {
    /// One line that names the file or setting, what was expected and what was found.
    public var description: String {
        switch self {
        case .cannotRead(let file, let reason):
            "\(file): cannot be read: \(reason)"
        case .file(let error): "\(error)"
        case .cannotWrite(let file, let reason):
            "\(file): cannot be written: \(reason)"
        case .json(let error): "\(error)"
        case .compressedDataDamaged(let file, let reason):
            "\(file): the gzip data is damaged: \(reason)"
        case .notIDX(let file, let expected, let found):
            "\(file): is no IDX file of bytes: expected \(expected), found \(found)"
        case .wrongRank(let file, let expected, let found):
            "\(file): expected \(expected) axes, found \(found)"
        case .sizeMismatch(let file, let expected, let found):
            "\(file): is \(found < expected ? "truncated" : "too long"): its header announces \(expected) bytes, "
                + "found \(found)"
        case .dataSetMissing(let name, let folder, let missing, let advice):
            "\(name): \(missing) is not in \(folder); \(advice)"
        case .countMismatch(let images, let labels, let file):
            "\(file): expected one label for each of \(images) images, found \(labels)"
        case .labelOutOfRange(let file, let index, let label, let classCount):
            "\(file): label \(index) is \(label), expected less than \(classCount)"
        case .wrongImageSize(let folder, let expected, let found):
            "\(folder): test images: expected size \(expected) as the training images, found \(found)"
        case .tooFewExamples(let name, let expected, let found):
            "\(name): expected at least \(expected) examples, found \(found)"
        case .recordsCut(let file, let record, let found):
            "\(file): expected whole records of \(record) bytes, at least one, found \(found) bytes"
        case .textTooShort(let file, let unit, let context, let expected, let found):
            "\(file): expected at least \(expected) \(unit), so that the held-out tenth has a window of \(context), "
                + "found \(found)"
        case .unknownTask(let name, let known):
            "task \(name) is unknown, expected one of \(known.joined(separator: ", "))"
        case .unknownOptimizer(let name, let known):
            "optimizer \(name) is unknown, expected one of \(known.joined(separator: ", "))"
        case .unknownSchedule(let name, let known):
            "schedule \(name) is unknown, expected one of \(known.joined(separator: ", "))"
        case .unknownOuterStep(let name, let known):
            "outer step \(name) is unknown, expected one of \(known.joined(separator: ", "))"
        case .invalidSetting(let name, let allowed, let found):
            "\(name): expected \(allowed), found \(found)"
        case .modelOutputMissing(let name, let found):
            "the model has no output \(name), found \(found.isEmpty ? "none" : found.joined(separator: ", "))"
        case .modelDoesNotFit(let task, let file, let inputs, let reason):
            "\(file): cannot learn task \(task), which gives \(inputs.joined(separator: " and ")): \(reason)"
        case .tooFewLogits(let task, let expected, let found):
            "the model's output logits: expected at least \(expected) classes for task \(task), found \(found)"
        case .lossNotFinite(let step, let loss):
            "the loss became \(loss) at step \(step): training diverged; try a lower learning rate"
        case .otherRun(let file, let differences):
            "\(file): belongs to another run: \(SettingDifference.text(differences))"
        case .checkpointInvalid(let file, let key, let expected, let found):
            "\(file): is no usable training checkpoint: \(key): expected \(expected), found \(found)"
        case .checkpointExists(let folder):
            "\(folder): holds an unfinished run already; resume it or choose another folder"
        case .runFinished(let folder):
            "\(folder): holds a finished run, which is not overwritten; choose another name, or remove it first"
        case .nothingToResume(let folder):
            "\(folder): holds no checkpoint to resume from"
        case .trainingExists(let file, let done, let all):
            done < all
                ? "\(file): holds a run of \(done) of \(all) steps; give another --out, or --resume"
                : "\(file): holds a finished run of \(done) \(done == 1 ? "step" : "steps"); give another --out"
        case .trajectoryInvalid(let file, let key, let expected, let found):
            "\(file): is no usable trajectory: \(key): expected \(expected), found \(found)"
        case .noTrajectories(let folder, let wanted):
            "\(folder): expected \(wanted), found none"
        case .metaTrainingDiverged(let step, let reductions):
            "meta-training does not recover: losses or gradients are not finite at step \(step), after the learning "
                + "rate was halved \(reductions) times"
        }
    }
}
