/// A value of a program.
public struct ValueID: Sendable, Hashable {
    public let index: Int

    public init(index: Int) {
        self.index = index
    }
}

/// A traced forward pass with static shapes: a list of operations in the order they run.
///
/// All of it may come from a plugin, so every name, shape, attribute and id is checked. Parameters, buffers and inputs
/// share one name space; outputs have their own.
public struct Program: Sendable {
    /// Where a value comes from.
    public enum Source: Sendable {
        case input(String)
        case parameter(String)
        case buffer(String)
        case constant(Value)
        case operation(any Operation, inputs: [ValueID])
    }

    public struct Node: Sendable {
        public let type: ValueType
        public let source: Source
        /// Of the operation, as they were given.
        public let attributes: [String: OpAttribute]
    }

    /// All values, each after those it is computed from; `ValueID.index` counts in here.
    public private(set) var nodes: [Node] = []
    private(set) var idByName: [String: ValueID] = [:]
    public private(set) var outputs: [(name: String, id: ValueID)] = []

    /// Names of the parameters in the order they were declared.
    public private(set) var parameterNames: [String] = []
    /// Names of the buffers in the order they were declared.
    public private(set) var bufferNames: [String] = []
    /// Names of the inputs in the order they were declared.
    public private(set) var inputNames: [String] = []

    public init() {}

    /// Names of the op set, as `apply` takes them.
    public static var operationNames: [String] { OperationRegistry.types.map { $0.name } }

    /// An operation of the op set.
    /// - Throws: `unknownOperation`, `unknownAttribute`, `missingAttribute`, `attributeType`, `attributeValue`.
    public static func operation(_ name: String, _ attributes: [String: OpAttribute] = [:]) throws(TensorError)
        -> any Operation
    {
        try OperationRegistry.make(name, attributes: attributes)
    }

    public var outputNames: [String] { outputs.map(\.name) }

    /// Declares what each run is given.
    /// - Throws: `duplicateName`, `invalidShape`, `tooLarge`.
    public mutating func input(_ name: String, _ elementType: ElementType, _ shape: [Int]) throws(TensorError)
        -> ValueID
    {
        let id = try declare(name, ValueType(elementType, shape), .input(name))
        inputNames.append(name)
        return id
    }

    /// Declares float32 values that are fitted.
    /// - Throws: `duplicateName`, `invalidShape`, `tooLarge`.
    public mutating func parameter(_ name: String, _ shape: [Int]) throws(TensorError) -> ValueID {
        let id = try declare(name, ValueType(.float32, shape), .parameter(name))
        parameterNames.append(name)
        return id
    }

    /// Declares float32 values that operations may update by themselves and that have no gradient (running statistics).
    /// - Throws: `duplicateName`, `invalidShape`, `tooLarge`.
    public mutating func buffer(_ name: String, _ shape: [Int]) throws(TensorError) -> ValueID {
        let id = try declare(name, ValueType(.float32, shape), .buffer(name))
        bufferNames.append(name)
        return id
    }

    /// Adds values that never change.
    public mutating func constant(_ value: Value) throws(TensorError) -> ValueID {
        _ = try ValueType.checkedCount(value.type.shape, name: "constant")
        return append(value.type, .constant(value))
    }

    /// Adds an operation of the op set.
    /// - Throws: `unknownOperation`, `unknownAttribute`, `missingAttribute`, `attributeType`, `attributeValue`,
    ///   `unknownValue`, `inputCount`, `inputType`, `inputShape`, `tooLarge`.
    public mutating func apply(_ name: String, _ inputs: [ValueID], _ attributes: [String: OpAttribute] = [:])
        throws(TensorError) -> ValueID
    {
        try apply(operation: OperationRegistry.make(name, attributes: attributes), inputs, attributes: attributes)
    }

    /// Adds an operation from outside the op set.
    /// - Parameters:
    ///   - attributes: by which it was made, for whoever writes the program down.
    /// - Throws: as `apply(_:_:_:)`, and whatever the operation says of its inputs.
    public mutating func apply(
        operation: any Operation, _ inputs: [ValueID], attributes: [String: OpAttribute] = [:]
    ) throws(TensorError) -> ValueID {
        var types: [ValueType] = []
        for id in inputs { types.append(try type(of: id)) }
        let shape = try operation.outputShape(inputs: types)
        _ = try ValueType.checkedCount(shape, name: operation.name)
        return append(ValueType(.float32, shape), .operation(operation, inputs: inputs), attributes)
    }

    /// Marks a value as wanted.
    /// - Throws: `duplicateName`, `unknownValue`, `inputType` for integers.
    public mutating func output(_ name: String, _ id: ValueID) throws(TensorError) {
        let type = try type(of: id)
        guard type.elementType == .float32 else {
            throw .bindingType(name: name, expected: .float32, found: type.elementType)
        }
        guard !outputs.contains(where: { $0.name == name }) else { throw .duplicateName(name: name) }
        outputs.append((name, id))
    }

    public func shape(of id: ValueID) throws(TensorError) -> [Int] {
        try type(of: id).shape
    }

    public func type(of id: ValueID) throws(TensorError) -> ValueType {
        guard nodes.indices.contains(id.index) else { throw .unknownValue(id: id.index, count: nodes.count) }
        return nodes[id.index].type
    }

    /// The value that the output of that name gives.
    public func output(named name: String) -> ValueID? { outputs.first { $0.name == name }?.id }

    /// The parameter, buffer or input of that name.
    public func value(named name: String) -> ValueID? { idByName[name] }

    /// The number that the integers of an input must stay below for every operation that reads them; nil if any will
    /// do.
    public func integerBound(ofInput name: String) -> Int? {
        guard let id = idByName[name] else { return nil }
        let bounds = nodes.flatMap { node -> [Int] in
            guard case .operation(let operation, let inputs) = node.source else { return [] }
            let types = inputs.map { nodes[$0.index].type }
            return inputs.indices.filter { inputs[$0] == id }.compactMap {
                operation.integerBound(input: $0, inputs: types)
            }
        }
        return bounds.min()
    }

    private mutating func declare(_ name: String, _ type: ValueType, _ source: Source) throws(TensorError) -> ValueID {
        guard idByName[name] == nil else { throw .duplicateName(name: name) }
        _ = try ValueType.checkedCount(type.shape, name: name)
        let id = append(type, source)
        idByName[name] = id
        return id
    }

    private mutating func append(_ type: ValueType, _ source: Source, _ attributes: [String: OpAttribute] = [:])
        -> ValueID
    {
        nodes.append(Node(type: type, source: source, attributes: attributes))
        return ValueID(index: nodes.count - 1)
    }
}
