import Glibc

/// A function of two elements at the same place; either repeats over the other (NumPy's broadcasting).
///
/// Inputs: a, b. Output: the larger shape. Attribute `function` (text): see `BinaryFunction`.
struct Binary: RegisteredOperation {
    static let name = "binary"
    static let attributeNames = ["function"]

    private let function: BinaryFunction

    init(_ attributes: OperationAttributes) throws(TensorError) {
        function = try attributes.choice("function")
    }

    func outputShape(inputs: [ValueType]) throws(TensorError) -> [Int] { try broadcastShape(inputs, count: 2) }

    func axisFlow(inputs: [ValueType]) -> AxisFlow { .broadcast(inputs) }

    func forward(_ inputs: [Value], into output: Tensor, context: OperationContext) throws(TensorError) {
        let (a, b) = (inputs[0].floats, inputs[1].floats)
        guard let rows = Broadcasting([a.shape, b.shape]) else { return }
        let (width, steps) = (rows.width, rows.steps)
        rows.forEachRow { start, at in
            let (x, y, z) = (a.address + at.0, b.address + at.1, output.address + start)
            for i in 0..<width { z[i] = function.value(x[i * steps.0], y[i * steps.1]) }
        }
    }

    func pullback(
        _ gradient: Tensor, output: Tensor, inputs: [Value], into targets: [GradientTarget?], context: OperationContext
    ) throws(TensorError) {
        let (a, b) = (inputs[0].floats, inputs[1].floats)
        guard let rows = Broadcasting([a.shape, b.shape]) else { return }
        let (width, steps) = (rows.width, rows.steps)
        let share = try context.transient(0, count: output.count)
        for (number, target) in targets.enumerated() {
            guard let target else { continue }
            rows.forEachRow { start, at in
                let (x, y) = (a.address + at.0, b.address + at.1)
                for i in 0..<width {
                    let slopes = function.slopes(x[i * steps.0], y[i * steps.1], output.address[start + i])
                    share[start + i] = gradient.address[start + i] * (number == 0 ? slopes.0 : slopes.1)
                }
            }
            rows.collect(share, of: number, into: target)
        }
    }
}

/// The functions of two numbers that `binary` knows; a comparison is 1 where it holds, else 0.
enum BinaryFunction: String, CaseIterable {
    case divide, power, maximum, minimum
    // No gradient.
    case less, lessEqual, equal, notEqual

    func value(_ a: Float, _ b: Float) -> Float {
        switch self {
        case .divide: a / b
        case .power: Glibc.pow(a, b)
        case .maximum: a >= b || a.isNaN ? a : b
        case .minimum: a <= b || a.isNaN ? a : b
        case .less: a < b ? 1 : 0
        case .lessEqual: a <= b ? 1 : 0
        case .equal: a == b ? 1 : 0
        case .notEqual: a != b ? 1 : 0
        }
    }

    /// The derivatives with respect to both, where the value is y. Of equals the first counts.
    func slopes(_ a: Float, _ b: Float, _ y: Float) -> (Float, Float) {
        switch self {
        case .divide: (1 / b, -y / b)
        case .power: (b == 0 ? 0 : b * Glibc.pow(a, b - 1), a > 0 ? y * Glibc.log(a) : 0)
        case .maximum: a >= b ? (1, 0) : (0, 1)
        case .minimum: a <= b ? (1, 0) : (0, 1)
        case .less, .lessEqual, .equal, .notEqual: (0, 0)
        }
    }
}

/// a where the condition is not 0, else b; each repeats over the others.
///
/// Inputs: condition, a, b. Output: the largest shape. No attributes. The condition has no gradient.
struct Where: RegisteredOperation {
    static let name = "where"
    static let attributeNames: [String] = []

    init(_ attributes: OperationAttributes) throws(TensorError) {}

    func outputShape(inputs: [ValueType]) throws(TensorError) -> [Int] { try broadcastShape(inputs, count: 3) }

    func axisFlow(inputs: [ValueType]) -> AxisFlow { .broadcast(inputs) }

    func forward(_ inputs: [Value], into output: Tensor, context: OperationContext) throws(TensorError) {
        let (condition, a, b) = (inputs[0].floats, inputs[1].floats, inputs[2].floats)
        guard let rows = Broadcasting([condition.shape, a.shape, b.shape]) else { return }
        let (width, steps) = (rows.width, rows.steps)
        rows.forEachRow { start, at in
            let (c, x, y) = (condition.address + at.0, a.address + at.1, b.address + at.2)
            for i in 0..<width {
                output.address[start + i] = c[i * steps.0] != 0 ? x[i * steps.1] : y[i * steps.2]
            }
        }
    }

    func pullback(
        _ gradient: Tensor, output: Tensor, inputs: [Value], into targets: [GradientTarget?], context: OperationContext
    ) throws(TensorError) {
        let condition = inputs[0].floats
        guard let rows = Broadcasting(inputs.map(\.floats.shape)) else { return }
        let (width, step) = (rows.width, rows.steps.0)
        targets[0]?.addNothing()
        let share = try context.transient(0, count: output.count)
        for number in 1...2 {
            guard let target = targets[number] else { continue }
            rows.forEachRow { start, at in
                let c = condition.address + at.0
                for i in 0..<width {
                    let isTaken = (c[i * step] != 0) == (number == 1)
                    share[start + i] = isTaken ? gradient.address[start + i] : 0
                }
            }
            rows.collect(share, of: number, into: target)
        }
    }
}
