import Tensors

extension Program {
    /// Given an operation and its inputs in the copy, adds others in its stead; nil: the operation stays.
    typealias Change = (any Operation, [ValueID], inout Program) throws -> ValueID?

    /// A copy in which some operations are replaced.
    func altered(_ change: Change) throws -> Program {
        var copy = Program()
        var ids: [ValueID] = []
        for node in nodes {
            switch node.source {
            case .input(let name): ids.append(try copy.input(name, node.type.elementType, node.type.shape))
            case .parameter(let name): ids.append(try copy.parameter(name, node.type.shape))
            case .buffer(let name): ids.append(try copy.buffer(name, node.type.shape))
            case .constant(let value): ids.append(try copy.constant(value))
            case .operation(let operation, let inputs):
                let inputs = inputs.map { ids[$0.index] }
                ids.append(try change(operation, inputs, &copy) ?? copy.apply(operation: operation, inputs))
            }
        }
        for output in outputs { try copy.output(output.name, ids[output.id.index]) }
        return copy
    }

    /// Adds numbers that rise along the last axis.
    mutating func addRamp(to value: ValueID) throws -> ValueID {
        let width = try shape(of: value).last!
        return try apply("add", [value, constant(.float(Tensor(shape: [width], values: (0..<width).map(Float.init))))])
    }
}
