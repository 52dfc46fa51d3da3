import JSONText
import PluginHost
import Training

extension TaskDescription {
    /// - Throws: `InputError` with the nearest name that there is.
    static func asked(for name: String) throws -> TaskDescription {
        do {
            return try TaskDescription.named(name)
        } catch TrainingError.unknownTask(let name, let known) {
            let question = Suggestion.question(about: name, among: known)
            throw InputError("\(TrainingError.unknownTask(name, known: known))\(question)")
        }
    }
}
