import Tensors
import TestSupport
import Testing

/// Further shapes that only matter to how axes pass.
private let flowCases =
    operationCases + [
        OperationCase(name: "reshape", attributes: ["shape": .integers([6, 4, 2])]) { [.ramp(4, 6, 2)] },
        OperationCase(name: "reshape", attributes: ["shape": .integers([2, 12, 1, 2])]) { [.ramp(2, 3, 4, 2)] },
        OperationCase(name: "mean", attributes: ["axes": .integers([1]), "keepAxes": .integer(1)]) { [.ramp(2, 3, 2)] },
    ]

extension GradientCheck.Input {
    fileprivate static func ramp(_ shape: Int...) -> GradientCheck.Input {
        .checked(shape, (0..<shape.reduce(1, *)).map { Float($0 * $0 % 31) })
    }
}

extension OperationCase {
    fileprivate var flow: AxisFlow {
        get throws { try Program.operation(name, attributes).axisFlow(inputs: inputs().map(\.value.type)) }
    }

    /// Largest difference between the output for permuted inputs and the permuted output.
    fileprivate func error(
        _ element: FlowElement, _ flow: AxisFlow, movingOutput: Bool = true,
        movingInputs moved: (Int) -> Bool = { _ in true }
    ) throws -> Double {
        let values = inputs().map(\.value)
        let before = try evaluate(name, values, attributes, training: training).array
        let permuted = inputs().map(\.value).enumerated().map {
            moved($0) ? element.apply(to: $1, axes: flow.inputs[$0]) : $1
        }
        let after = try evaluate(name, permuted, attributes, training: training).array
        return largestDifference(
            after, (movingOutput ? element.apply(to: before, axes: flow.output) : before).map(Double.init))
    }
}

extension AxisFlow {
    fileprivate func inputs(with index: Int) -> [Int] {
        inputs.indices.filter { inputs[$0].joined().joined().contains(index) }
    }
    fileprivate func outputHas(_ index: Int) -> Bool { output.joined().joined().contains(index) }
    /// Indices that stand somewhere and have something to permute.
    fileprivate var moving: [Int] {
        indices.indices.filter { indices[$0].size > 1 && (outputHas($0) || !inputs(with: $0).isEmpty) }
    }
}

@Suite struct AxisFlowTests {
    /// Sums in another order: float32 rounding of values of order 1. Measured: 5e-6; a wrong rule is off by 1e-2 and
    /// more.
    private static let tolerance = 1e-4

    @Test(arguments: flowCases)
    func axesHaveTheSizesOfTheShapes(_ example: OperationCase) throws {
        let flow = try example.flow
        let types = example.inputs().map(\.value.type)
        let output = try Program.operation(example.name, example.attributes).outputShape(inputs: types)
        for (axes, shape) in zip(flow.inputs + [flow.output], types.map(\.shape) + [output]) {
            #expect(axes.map { $0.reduce(0) { $0 + $1.reduce(1) { $0 * flow.indices[$1].size } } } == shape)
        }
    }

    @Test(arguments: flowCases, [1, 2, 3] as [UInt64])
    func permutingInputsPermutesTheOutput(_ example: OperationCase, seed: UInt64) throws {
        let flow = try example.flow
        var random = SeededGenerator(seed: seed)
        let free = flow.moving.filter { !flow.indices[$0].isPinned }.shuffled(using: &random)
        let element = FlowElement(flow, moving: free, mayDepend: flow.mayDepend, using: &random)
        #expect(try example.error(element, flow) < Self.tolerance)
    }

    /// A tensor left out where an index stands in several, or a pinned index moved after all.
    @Test(arguments: flowCases)
    func wrongRulesAreCaught(_ example: OperationCase) throws {
        let flow = try example.flow
        var random = SeededGenerator(seed: 4)
        for index in flow.moving {
            let element = FlowElement(flow, moving: [index], mayDepend: { _, _ in false }, using: &random)
            let inputs = flow.inputs(with: index)
            if flow.indices[index].isPinned {
                // Some permutations may be harmless, as one inside a pooling window.
                let others = (0..<5).map { _ in
                    FlowElement(flow, moving: [index], mayDepend: { _, _ in false }, using: &random)
                }
                let errors = try others.map { try example.error($0, flow) }
                #expect(errors.max()! > Self.tolerance, "pinned index \(index)")
            } else if flow.outputHas(index), !inputs.isEmpty {
                #expect(
                    try example.error(element, flow, movingOutput: false) > Self.tolerance,
                    "index \(index) of the output")
            } else if inputs.count > 1 {
                #expect(
                    try example.error(element, flow) { $0 == inputs[0] } > Self.tolerance,
                    "index \(index) of input \(inputs[0])")
            }
        }
    }

    /// What stands beside a softmax or a norm must not move differently from position to position of it.
    @Test(arguments: flowCases)
    func dependingOnCoupledPositionsIsCaught(_ example: OperationCase) throws {
        let flow = try example.flow
        let uncoupled = AxisFlow(
            indices: flow.indices.map { .init(size: $0.size) }, inputs: flow.inputs, output: flow.output)
        var random = SeededGenerator(seed: 5)
        for index in flow.moving where !flow.indices[index].isPinned {
            for other in flow.moving
            where flow.indices[other].role == .coupled && uncoupled.mayDepend(index, on: other)
                && !flow.mayDepend(index, on: other)
            {
                let element = FlowElement(flow, moving: [index], mayDepend: { $1 == other }, using: &random)
                #expect(try example.error(element, flow) > Self.tolerance, "index \(index) on \(other)")
            }
        }
    }

    /// Each flow has something to get wrong.
    @Test func everyOperationHasACase() {
        #expect(Set(Program.operationNames).subtracting(flowCases.map(\.name)).isEmpty)
    }
}
