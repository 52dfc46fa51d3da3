/// What a language model is for: what stands on its body.
public enum TextTask: Sendable, Equatable {
    /// Scores of tokens at every position: of the next one, or of the one that was masked.
    case language
    /// The body alone. Its table of tokens scores the next one, so that there is something to train.
    case body
    /// Scores of a sequence's classes, read at its last position.
    case sequenceClasses(Int)
    /// Scores of classes at every position.
    case tokenClasses(Int)
    /// Scores of every position as the beginning and as the end of an answer.
    case answerSpans

    /// The task of a class, without its number of classes.
    public enum Kind: Sendable {
        /// `...ForCausalLM`, `...LMHeadModel`, `...ForMaskedLM`.
        case language
        /// `...Model`.
        case body
        /// `...ForSequenceClassification`.
        case sequenceClasses
        /// `...ForTokenClassification`.
        case tokenClasses
        /// `...ForQuestionAnswering`.
        case answerSpans
    }
}

extension ConfigurationReader {
    /// The task of the class that `architectures` names; language if it names none.
    /// - Parameter classes: those of transformers, each with its task.
    /// - Throws: `PluginError.invalid` naming key, value and what is allowed.
    public mutating func textTask(_ classes: KeyValuePairs<String, TextTask.Kind>) throws -> TextTask {
        let named = try texts("architectures", oneOf: classes.map(\.key))?.first
        switch classes.first(where: { $0.key == named })?.value {
        case .language, nil: return .language
        case .body: return .body
        case .sequenceClasses: return .sequenceClasses(try classCount())
        case .tokenClasses: return .tokenClasses(try classCount())
        case .answerSpans: return .answerSpans
        }
    }
}
