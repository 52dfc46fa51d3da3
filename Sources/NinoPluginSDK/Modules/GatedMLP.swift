/// Two layers, the first one gated (Shazeer 2020): down(activation(gate(x)) · up(x)).
public struct GatedMLP: Sendable {
    private let gate, up, down: Linear
    private let activation: Activation

    /// Of layers declared in the order of the checkpoint.
    public init(gate: Linear, up: Linear, down: Linear, _ activation: Activation) {
        (self.gate, self.up, self.down, self.activation) = (gate, up, down, activation)
    }

    /// `[..., width]` → `[..., width]`.
    public func callAsFunction(_ x: Neurons) throws -> Neurons {
        try down(activation(gate(x)) * up(x))
    }
}
