/// Two layers with an activation between: down(activation(up(x))).
public struct MLP: Sendable {
    private let up, down: Linear
    private let activation: Activation

    /// Of layers declared in the order of the checkpoint.
    public init(up: Linear, down: Linear, _ activation: Activation) {
        (self.up, self.down, self.activation) = (up, down, activation)
    }

    /// `[..., width]` → `[..., width]`.
    public func callAsFunction(_ x: Neurons) throws -> Neurons {
        try down(activation(up(x)))
    }
}
