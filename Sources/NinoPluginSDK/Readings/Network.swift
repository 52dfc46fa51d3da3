/// One reading of a network: where its inputs come from and where its outputs go.
///
/// The names of inputs are shared with the host's tasks: `pixels` (float32, `[B, C, H, W]`), `input_ids` (int64,
/// `[B, T]`) and `labels` (int64, `[B]` or `[B, T]`).
public struct Network {
    enum Reading {
        case graph(GraphReading)
        case trace(ForwardBuilder)
    }

    let reading: Reading

    // MARK: Inputs

    /// The input `input_ids` `[B, T]`.
    /// - Parameter limit: most positions there may be; nil for any number.
    /// - Throws: `PluginError.invalid` if there are more.
    public func tokens(atMost limit: Int? = nil) throws -> Tokens {
        switch reading {
        case .graph(let graph): Tokens(reading: .graph(graph))
        case .trace(let forward): Tokens(reading: .trace(forward, try forward.tokens(atMost: limit)))
        }
    }

    /// Another input of integers, of the shape of the first one; nil if it was not given. The graph is that of a
    /// network without it.
    public func optionalTokens(_ name: String, like tokens: Tokens) throws -> Tokens? {
        guard case .trace(let forward, let value) = tokens.reading else { return nil }
        let other = try forward.optionalInput(name, NINO_INT64, try forward.shape(value))
        return other.map { Tokens(reading: .trace(forward, $0)) }
    }

    /// The input `pixels` `[B, channels, size, size]`; in the graph one node for each channel.
    public func pixels(channels: Int, size: Int) throws -> Neurons {
        try input("pixels", [channels, size, size])
    }

    /// A float32 input of any name.
    /// - Parameters:
    ///   - name: what the caller of the model gives it as.
    ///   - dims: its sizes behind the first, the examples.
    public func input(_ name: String, _ dims: [Int]) throws -> Neurons {
        switch reading {
        case .graph(let graph): Neurons(graph, dims.map { Stage(name, Axis(fixed: $0)) })
        case .trace(let forward): Neurons(forward, try forward.input(name, NINO_FLOAT32, [nil] + dims))
        }
    }

    // MARK: Outputs

    /// Names the logits, and their mean cross-entropy with `labels` as the loss if labels were given; the label -100
    /// counts for nothing.
    /// - Parameter logits: `[B, classes]` or `[B, T, classes]`, labels without the last axis.
    public func classify(_ logits: Neurons) throws {
        try output(logits) { try $0.classify($1) }
    }

    /// Names the logits, and as the loss the mean cross-entropy of each position's logits with the next position's
    /// label if labels were given.
    /// - Parameter logits: `[B, T, vocabulary]`.
    public func predictNext(_ logits: Neurons) throws {
        try output(logits) { try $0.predictNext($1) }
    }

    private func output(_ logits: Neurons, _ name: (ForwardBuilder, Value) throws -> Void) throws {
        switch logits.reading {
        case .graph(let graph, let stages): try graph.number(stages[stages.count - 1])
        case .trace(let forward, let value): try name(forward, value)
        }
    }
}

/// An input of integers, `[B, T]`: each the row of a table.
public struct Tokens {
    enum Reading {
        case graph(GraphReading)
        case trace(ForwardBuilder, Value)
    }

    let reading: Reading
}
