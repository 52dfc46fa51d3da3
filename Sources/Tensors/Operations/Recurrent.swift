/// One layer of a recurrent network in one direction, from a state of zeros (Elman 1990; LSTM: Hochreiter and
/// Schmidhuber 1997; GRU: Cho et al. 2014, as PyTorch writes it).
///
/// Inputs: x [B, T, in], weight [gates · n, in] of x, weight [gates · n, n] of the state before, and a bias [gates · n]
/// for each (both or none). Output: the states [B, T, n]. Attributes: `cell` (text): lstm (gates input, forget, cell,
/// output), gru (reset, update, new), tanh, relu; `reverse` (0 or 1, default 0): from the last step to the first.
struct Recurrent: RegisteredOperation {
    static let name = "recurrent"
    static let attributeNames = ["cell", "reverse"]

    private let cell: RecurrentCell
    private let isReversed: Bool

    init(_ attributes: OperationAttributes) throws(TensorError) {
        cell = try attributes.choice("cell")
        isReversed = try attributes.flag("reverse", default: false)
    }

    func outputShape(inputs: [ValueType]) throws(TensorError) -> [Int] {
        try requireFloats(inputs, count: 3...5)
        guard inputs.count != 4 else { throw .inputCount(operation: name, expected: "3 or 5", found: 4) }
        let (x, state) = (inputs[0].shape, inputs[2].shape)
        try require(x.count == 3, inputs, 0, "[B, T, in]")
        try require(state.count == 2 && state[0] == cell.gates * state[1], inputs, 2, "[\(cell.gates) · n, n]")
        try require(inputs[1].shape == [state[0], x[2]], inputs, 1, "[\(state[0]), \(x[2])]")
        for index in inputs.indices.dropFirst(3) {
            try require(inputs[index].shape == [state[0]], inputs, index, "[\(state[0])]")
        }
        return [x[0], x[1], state[1]]
    }

    func axisFlow(inputs: [ValueType]) -> AxisFlow {
        var flow = AxisFlowBuilder()
        let x = inputs[0].shape
        let batch = flow.index(x[0])
        let time = flow.index(x[1], .pinned("each step follows the one before"))
        let (input, unit) = (flow.index(x[2]), flow.index(inputs[2].shape[1]))
        let gates: AxisFlow.Axis = Array(repeating: [unit], count: cell.gates)
        let axes = [[[[batch]], [[time]], [[input]]], [gates, [[input]]], [gates, [[unit]]], [gates], [gates]]
        return flow.make(Array(axes.prefix(inputs.count)), [[[batch]], [[time]], [[unit]]])
    }

    func forward(_ inputs: [Value], into output: Tensor, context: OperationContext) throws(TensorError) {
        let run = try RecurrentRun(self.cell, isReversed, inputs, output, context)
        run.projectInputs()
        for step in 0..<run.steps { run.advance(step) }
    }

    func pullback(
        _ gradient: Tensor, output: Tensor, inputs: [Value], into targets: [GradientTarget?], context: OperationContext
    ) throws(TensorError) {
        let run = try RecurrentRun(self.cell, isReversed, inputs, output, context)
        let slopes = try RecurrentSlopes(run, gradient, context)
        for step in (0..<run.steps).reversed() { slopes.retreat(step) }
        slopes.collect(inputs, into: targets)
    }
}

/// What happens in one step of a recurrent layer, unit by unit.
enum RecurrentCell: String, CaseIterable {
    case lstm, gru, tanh, relu

    var gates: Int {
        switch self {
        case .lstm: 4
        case .gru: 3
        case .tanh, .relu: 1
        }
    }
}
