/// y = W x + b, W of shape [outputs, inputs], row-major.
public struct LinearLayer: Sendable, Equatable {
    public let outputs: Int
    public let inputs: Int
    public let weight: [Float]
    public let bias: [Float]

    public init(outputs: Int, inputs: Int, weight: [Float], bias: [Float]) {
        precondition(weight.count == outputs * inputs && bias.count == outputs, "linear layer \(inputs) → \(outputs)")
        (self.outputs, self.inputs, self.weight, self.bias) = (outputs, inputs, weight, bias)
    }
}
