import Tensors

/// An element-wise op that a plugin computes, with the attributes of one use.
///
/// Shape: all inputs and the output have one shape.
struct CustomOperation: Operation {
    let functions: CustomFunctions
    /// Values of the scalars, in the signature's order.
    private let scalars: [ForeignFunction.Argument]

    var name: String { functions.operationName }

    /// Elements of one call. Cut by this alone, so that results are the same for any number of threads.
    private static let tile = 8192

    /// - Throws: `unknownAttribute`, `missingAttribute`, `attributeType`, `attributeValue`.
    init(_ functions: CustomFunctions, _ attributes: [String: OpAttribute]) throws(TensorError) {
        self.functions = functions
        let signature = functions.signature
        for key in attributes.keys.sorted() where !signature.attributes.contains(key) {
            throw .unknownAttribute(operation: functions.operationName, name: key, allowed: signature.attributes)
        }
        var scalars: [ForeignFunction.Argument] = []
        for scalar in signature.scalars {
            scalars.append(try Self.value(of: scalar, attributes[scalar.name], functions.operationName))
        }
        self.scalars = scalars
    }

    func outputShape(inputs: [ValueType]) throws(TensorError) -> [Int] {
        let count = functions.signature.inputs.count
        guard inputs.count == count else {
            throw .inputCount(operation: name, expected: "\(count)", found: inputs.count)
        }
        for (index, input) in inputs.enumerated() {
            guard input.elementType == .float32 else {
                throw .inputType(operation: name, input: index, expected: .float32, found: input.elementType)
            }
            guard input.shape == inputs[0].shape else {
                throw .inputShape(operation: name, input: index, expected: "\(inputs[0].shape)", found: input.shape)
            }
        }
        return inputs[0].shape
    }

    func axisFlow(inputs: [ValueType]) -> AxisFlow { .elementwise(inputs) }

    func forward(_ inputs: [Value], into output: Tensor, context: OperationContext) throws(TensorError) {
        let inputs = inputs.map { $0.floats.address }
        PluginCall.compute(name, of: functions.plugin) {
            Parallel.forEachRange(output.count, tile: Self.tile) { range in
                let given = inputs.map { ForeignFunction.Argument.address($0 + range.lowerBound) }
                let arguments =
                    given + scalars + [.address(output.address + range.lowerBound), .int64(Int64(range.count))]
                PluginCall.keepingArithmetic(name, of: functions.plugin) { functions.function.call(arguments) }
            }
        }
    }

    func pullback(
        _ gradient: Tensor, output: Tensor, inputs: [Value], into targets: [GradientTarget?], context: OperationContext
    ) throws(TensorError) {
        guard let function = functions.gradient else {
            throw .operationFailed(
                operation: name, message: "plugin \(functions.plugin) declares no gradient for it, which training needs"
            )
        }
        let inputs = inputs.map { $0.floats.address }
        PluginCall.compute("\(name) (gradient)", of: functions.plugin) {
            Parallel.forEachRange(gradient.count, tile: Self.tile) { range in
                // Scratch for all gradients: the function overwrites, while a target may be added to or not be wanted
                // at all.
                withUnsafeTemporaryAllocation(of: Float.self, capacity: inputs.count * range.count) { scratch in
                    scratch.initialize(repeating: 0)
                    let products = inputs.indices.map { scratch.baseAddress! + $0 * range.count }
                    let given = inputs.map { ForeignFunction.Argument.address($0 + range.lowerBound) }
                    let arguments =
                        given + scalars + [.address(gradient.address + range.lowerBound)]
                        + products.map { .address($0) } + [.int64(Int64(range.count))]
                    PluginCall.keepingArithmetic(name, of: functions.plugin) { function.call(arguments) }
                    for (target, product) in zip(targets, products) {
                        if let target { Self.move(product, to: target, range) }
                    }
                }
            }
        }
    }

    private static func move(_ product: UnsafePointer<Float>, to target: GradientTarget, _ range: Range<Int>) {
        let place = target.address + range.lowerBound
        if target.beta == 0 {
            place.update(from: product, count: range.count)
        } else {
            for index in 0..<range.count { place[index] += product[index] }
        }
    }

    private static func value(
        of scalar: FunctionSignature.Argument, _ attribute: OpAttribute?, _ operation: String
    ) throws(TensorError) -> ForeignFunction.Argument {
        guard let attribute else { throw .missingAttribute(operation: operation, name: scalar.name) }
        func outOfRange(_ expected: String, _ found: String) -> TensorError {
            .attributeValue(operation: operation, name: scalar.name, expected: expected, found: found)
        }
        switch (scalar.type, attribute) {
        case (.int64, .integer(let value)): return .int64(Int64(value))
        case (.int32, .integer(let value)):
            guard let small = Int32(exactly: value) else { throw outOfRange("a 32-bit integer", "\(value)") }
            return .int32(small)
        case (.double, .integer(let value)): return .double(Double(value))
        case (.double, .real(let value)) where value.isFinite: return .double(value)
        case (.float, .integer(let value)): return .float(Float(value))
        case (.float, .real(let value)) where Float(value).isFinite: return .float(Float(value))
        case (_, .real(let value)) where scalar.type == .float || scalar.type == .double:
            throw outOfRange("a finite \(scalar.type.rawValue)", "\(value)")
        default:
            let expected = scalar.type == .float || scalar.type == .double ? "real or integer" : "integer"
            throw .attributeType(operation: operation, name: scalar.name, expected: expected, found: attribute.typeName)
        }
    }
}
