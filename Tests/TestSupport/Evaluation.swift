import Tensors

/// The output of one operation on given inputs; float inputs are bound in place, so running statistics are updated.
public func evaluate(
    _ name: String, _ inputs: [Value], _ attributes: [String: OpAttribute] = [:], training: Bool = false
) throws -> Tensor {
    var program = Program()
    var ids: [ValueID] = []
    for (index, input) in inputs.enumerated() {
        switch input {
        case .float(let tensor): ids.append(try program.buffer("x\(index)", tensor.shape))
        case .integer: ids.append(try program.constant(input))
        }
    }
    try program.output("y", program.apply(name, ids, attributes))
    let evaluator = Evaluator(program)
    evaluator.training = training
    for (index, input) in inputs.enumerated() {
        if case .float(let tensor) = input { try evaluator.bind(buffer: "x\(index)", to: tensor) }
    }
    try evaluator.run(inputs: [:])
    return try evaluator.value(of: "y")
}

/// A tensor of numbers uniform in -1 ..< 1.
public func randomTensor(_ shape: [Int], seed: UInt64) -> Tensor {
    var generator = SeededGenerator(seed: seed)
    return Tensor(shape: shape, values: generator.floats(shape.reduce(1, *)))
}

/// Largest absolute difference; infinite where the counts differ or a number is not finite.
public func largestDifference(_ found: [Float], _ expected: [Double]) -> Double {
    guard found.count == expected.count else { return .infinity }
    return zip(found, expected).reduce(0) { largest, pair in
        let difference = abs(Double(pair.0) - pair.1)
        return difference.isFinite ? max(largest, difference) : .infinity
    }
}
