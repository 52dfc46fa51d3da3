/// Executes a program: values forward, gradients backward.
///
/// Buffers are allocated on first use and reused by every later run. One evaluator is used by one thread at a time.
public final class Evaluator {
    public enum Purpose: Sendable {
        /// Every value is kept until the next run, as `backward` needs it.
        case training
        /// A value's memory is reused as soon as nothing needs it; `backward` is an error.
        case inference
    }

    public let program: Program
    public let purpose: Purpose
    /// True while parameters are fitted: batch norm takes the statistics of the batch and updates its running ones.
    public var training = false

    let plan: ExecutionPlan
    var values: [Value?]
    var contexts: [OperationContext] = []
    var gradientOfParameter: [Int: Tensor] = [:]
    var backwardPlans: [String: BackwardPlan] = [:]
    private var isAllocated = false
    private(set) var hasRun = false

    public init(_ program: Program, purpose: Purpose = .training) {
        self.program = program
        self.purpose = purpose
        plan = ExecutionPlan(program)
        values = Array(repeating: nil, count: program.nodes.count)
        let shared = SharedScratch()
        contexts = plan.steps.map { _ in OperationContext(shared: shared) }
        for (index, node) in program.nodes.enumerated() {
            if case .constant(let value) = node.source { values[index] = value }
        }
    }

    /// Binds a parameter to its values and to where `backward` writes its gradient; without the latter none is
    /// computed.
    /// - Throws: `unknownName`, `bindingShape`.
    public func bind(parameter name: String, to tensor: Tensor, gradient: Tensor? = nil) throws(TensorError) {
        let id = try find(name, among: program.parameterNames, kind: "parameter")
        try check(name, program.nodes[id].type, .float(tensor))
        if let gradient { try check(name, program.nodes[id].type, .float(gradient)) }
        values[id] = .float(tensor)
        if (gradientOfParameter[id] == nil) != (gradient == nil) { backwardPlans = [:] }
        gradientOfParameter[id] = gradient
    }

    /// Binds a buffer to its values, which operations may update.
    /// - Throws: `unknownName`, `bindingShape`.
    public func bind(buffer name: String, to tensor: Tensor) throws(TensorError) {
        let id = try find(name, among: program.bufferNames, kind: "buffer")
        try check(name, program.nodes[id].type, .float(tensor))
        values[id] = .float(tensor)
    }

    /// Computes every output.
    ///
    /// Inputs are used in place, not copied: they must stay as they are until `backward` is done.
    /// - Throws: `unknownName`, `notBound`, `bindingShape`, `bindingType`, `outOfMemory`, and what operations find in
    ///   their numbers (`indexOutOfRange`, `operationFailed`).
    public func run(inputs: [String: Value]) throws(TensorError) {
        for (name, value) in inputs {
            let id = try find(name, among: program.inputNames, kind: "input")
            try check(name, program.nodes[id].type, value)
            values[id] = value
        }
        for name in program.inputNames where inputs[name] == nil { throw .notBound(kind: "input", name: name) }
        if !isAllocated { try allocate() }
        hasRun = false
        for (step, context) in zip(plan.steps, contexts) {
            context.training = training
            try step.operation.forward(
                step.inputs.map { values[$0]! }, into: values[step.output]!.floats, context: context)
        }
        hasRun = true
    }

    /// An output as the last run left it; the next run overwrites it.
    /// - Throws: `unknownName`, `notRun`.
    public func value(of output: String) throws(TensorError) -> Tensor {
        let id = try outputID(output)
        guard hasRun, let value = values[id] else { throw .notRun(output: output) }
        return value.floats
    }

    func outputID(_ name: String) throws(TensorError) -> Int {
        guard let output = program.outputs.first(where: { $0.name == name }) else {
            throw .unknownName(kind: "output", name: name, known: program.outputNames)
        }
        return output.id.index
    }

    private func find(_ name: String, among names: [String], kind: String) throws(TensorError) -> Int {
        guard let id = program.idByName[name], names.contains(name) else {
            throw .unknownName(kind: kind, name: name, known: names)
        }
        return id.index
    }

    private func check(_ name: String, _ expected: ValueType, _ value: Value) throws(TensorError) {
        let found = value.type
        guard found.elementType == expected.elementType else {
            throw .bindingType(name: name, expected: expected.elementType, found: found.elementType)
        }
        guard found.shape == expected.shape else {
            throw .bindingShape(name: name, expected: expected.shape, found: found.shape)
        }
    }

    /// Gives each step's output its memory. In inference a buffer goes back to the pool after its last use.
    private func allocate() throws(TensorError) {
        for (index, node) in program.nodes.enumerated() where plan.isNeeded[index] && values[index] == nil {
            switch node.source {
            case .parameter(let name): throw .notBound(kind: "parameter", name: name)
            case .buffer(let name): throw .notBound(kind: "buffer", name: name)
            default: break
            }
        }
        var lastUse: [Int: Int] = [:]
        for (position, step) in plan.steps.enumerated() {
            for input in step.inputs { lastUse[input] = position }
        }
        for output in program.outputs { lastUse[output.id.index] = nil }
        var pool = BufferPool()
        var buffers: [Int: Tensor] = [:]
        for (position, step) in plan.steps.enumerated() {
            let memory = try pool.take(shape: program.nodes[step.output].type.shape, name: step.operation.name)
            values[step.output] = .float(memory.view)
            guard purpose == .inference else { continue }
            buffers[step.output] = memory.buffer
            for input in Set(step.inputs) where lastUse[input] == position {
                if let buffer = buffers[input] { pool.giveBack(buffer) }
            }
        }
        isAllocated = true
    }
}
