/// The last layer of a language model, for its task.
public struct TextHead: Sendable {
    private let linear: Linear
    private let task: TextTask

    /// What the layer is called for the tasks that have classes.
    public struct Names: Sendable {
        let sequence, token: String

        /// - Parameters:
        ///   - sequence: for classes of sequences, without a bias.
        ///   - token: for classes of tokens.
        public init(sequence: String, token: String) {
            (self.sequence, self.token) = (sequence, token)
        }
    }

    /// Declares the layer: `lm_head`, `qa_outputs`, or as `names` says.
    /// - Parameters:
    ///   - task: what the model is for.
    ///   - modules: of the model.
    ///   - names: for the tasks that have classes.
    ///   - table: the tokens, whose rows a tied layer scores.
    ///   - isTied: the layer for the next token is the table.
    ///   - weights: how the weight is drawn.
    public init(
        _ task: TextTask, _ modules: Modules, _ names: Names, table: Table, isTied: Bool, weights: Initialization
    ) {
        func linear(_ name: String, _ rows: Axis, bias: Bool) -> Linear {
            Linear(modules / name, from: table.stream, to: rows, bias: bias, weights: weights)
        }
        self.task = task
        switch task {
        case .language where !isTied: self.linear = linear("lm_head", table.rows, bias: false)
        case .language, .body: self.linear = Linear(modules / "lm_head", tiedTo: table)
        case .sequenceClasses(let count): self.linear = linear(names.sequence, Axis(fixed: count), bias: false)
        case .tokenClasses(let count): self.linear = linear(names.token, Axis(fixed: count), bias: true)
        case .answerSpans: self.linear = linear("qa_outputs", 2, bias: true)
        }
    }

    /// Names the logits of `[B, T, width]`, and the loss if labels were given.
    public func callAsFunction(_ x: Neurons, _ net: Network) throws {
        switch task {
        case .language, .body: try net.predictNext(linear(x))
        case .sequenceClasses: try net.classify(linear(x.position(-1)))
        case .tokenClasses, .answerSpans: try net.classify(linear(x))
        }
    }
}
