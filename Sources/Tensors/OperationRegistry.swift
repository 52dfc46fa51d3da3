/// An operation that programs name by text, configured by attributes.
protocol RegisteredOperation: Operation {
    static var name: String { get }
    static var attributeNames: [String] { get }
    /// - Throws: `missingAttribute`, `attributeType`, `attributeValue`.
    init(_ attributes: OperationAttributes) throws(TensorError)
}

extension RegisteredOperation {
    var name: String { Self.name }
}

/// The op set; docs/ops.md describes it.
enum OperationRegistry {
    static let types: [any RegisteredOperation.Type] = [
        Linear.self, MatMul.self, Add.self, Multiply.self, Scale.self,
        Reshape.self, Transpose.self, Slice.self, Concat.self, Expand.self, Embedding.self,
        LayerNorm.self, RMSNorm.self, BatchNorm.self,
        Softmax.self, Attention.self, Rotary.self, ReLU.self, GELU.self, SiLU.self, Tanh.self,
        Conv2d.self, AveragePool2d.self, MaxPool2d.self, GlobalAveragePool.self, Mean.self,
        CrossEntropy.self,
        Unary.self, Binary.self, Where.self, Reduce.self, CumulativeSum.self, Broadcast.self, Pad.self,
        Gather.self, ToFloat.self, ArgMax.self, TopK.self, TopKScatter.self, RotaryTable.self, Recurrent.self,
        Conv1d.self, ConvTranspose1d.self, ConvTranspose2d.self,
    ]

    private static let typeByName = Dictionary(uniqueKeysWithValues: types.map { ($0.name, $0) })

    static func make(_ name: String, attributes: [String: OpAttribute]) throws(TensorError) -> any Operation {
        guard let type = typeByName[name] else { throw .unknownOperation(name: name) }
        for key in attributes.keys.sorted() where !type.attributeNames.contains(key) {
            throw .unknownAttribute(operation: name, name: key, allowed: type.attributeNames)
        }
        return try type.init(OperationAttributes(operation: name, values: attributes))
    }
}

/// Checks of the inputs that all operations share.
extension Operation {
    func requireFloats(_ inputs: [ValueType], count: ClosedRange<Int>) throws(TensorError) {
        try requireCount(inputs, count)
        for index in inputs.indices { try require(.float32, inputs, index) }
    }

    func requireCount(_ inputs: [ValueType], _ count: ClosedRange<Int>) throws(TensorError) {
        guard count.contains(inputs.count) else {
            let expected =
                count.lowerBound == count.upperBound
                ? "\(count.lowerBound)" : "\(count.lowerBound) to \(count.upperBound)"
            throw .inputCount(operation: name, expected: expected, found: inputs.count)
        }
    }

    func require(_ type: ElementType, _ inputs: [ValueType], _ index: Int) throws(TensorError) {
        guard inputs[index].elementType == type else {
            throw .inputType(operation: name, input: index, expected: type, found: inputs[index].elementType)
        }
    }

    /// `condition` on the shape of an input; `expected` says what it is.
    func require(_ condition: Bool, _ inputs: [ValueType], _ index: Int, _ expected: @autoclosure () -> String)
        throws(TensorError)
    {
        guard condition else {
            throw .inputShape(operation: name, input: index, expected: expected(), found: inputs[index].shape)
        }
    }
}
