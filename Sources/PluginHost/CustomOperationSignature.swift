import CNinoPlugin

/// What the signatures of a custom op say: its inputs, its scalars, and whether it can be differentiated.
///
/// The rules stand in nino_plugin.h at `nino_custom_op_t`.
public struct CustomOperationSignature: Sendable, Equatable {
    public let name: String
    /// Names of the inputs, in the order the op takes them.
    public let inputs: [String]
    /// Names of the scalars, which are the op's attributes.
    public var attributes: [String] { scalars.map(\.name) }
    public var hasGradient: Bool { gradient != nil }

    let scalars: [FunctionSignature.Argument]
    let function: FunctionSignature
    let gradient: FunctionSignature?

    /// - Throws: `malformedCustomOp` naming the plugin, the op and the signature.
    public init(plugin: String, op: String, function text: String, gradient gradientText: String?)
        throws(PluginHostError)
    {
        name = op
        function = try Self.checked(text, plugin, op) { text throws(Refusal) in
            let signature = try FunctionSignature(text)
            try Self.checkFunction(signature, named: op)
            return signature
        }
        let function = function
        inputs = function.arguments.filter { $0.type == .input }.map(\.name)
        scalars = Array(function.arguments[inputs.count..<(function.arguments.count - 2)])
        guard let gradientText else {
            gradient = nil
            return
        }
        gradient = try Self.checked(gradientText, plugin, op) { text throws(Refusal) in
            let signature = try FunctionSignature(text)
            try Self.checkGradient(signature, of: function)
            return signature
        }
    }

    private static func checked(
        _ text: String, _ plugin: String, _ op: String, _ parse: (String) throws(Refusal) -> FunctionSignature
    ) throws(PluginHostError) -> FunctionSignature {
        do throws(Refusal) {
            let signature = try parse(text)
            let count = signature.arguments.count
            guard count <= NINO_MAX_CUSTOM_ARGUMENTS else {
                throw Refusal("expected at most \(NINO_MAX_CUSTOM_ARGUMENTS) arguments, found \(count)")
            }
            return signature
        } catch {
            throw .malformedCustomOp(plugin: plugin, op: op, signature: text, message: error.message)
        }
    }

    /// Inputs, scalars, one output, `int64_t n`.
    private static func checkFunction(_ signature: FunctionSignature, named name: String) throws(Refusal) {
        guard signature.name == name else {
            throw Refusal("expected a function named \(name), found \(signature.name)")
        }
        let arguments = signature.arguments
        let last = arguments[arguments.count - 1]
        guard last == count else { throw Refusal("last argument: expected \(count), found \(last)") }
        var expected = "an input (const float *)"
        var stage = 0
        for (index, argument) in arguments.dropLast().enumerated() {
            let own =
                switch argument.type {
                case .input: 1
                case .float, .double, .int32, .int64: 2
                case .output: 3
                }
            guard own >= stage, stage > 0 || own == 1, stage < 3 else {
                throw Refusal("argument \(index + 1): expected \(expected), found \(argument)")
            }
            stage = own
            expected =
                [
                    "", "an input (const float *), a scalar or the output (float *)",
                    "a scalar or the output (float *)", "\(count)",
                ][own]
        }
        guard stage == 3 else { throw Refusal("argument \(arguments.count): expected \(expected), found \(last)") }
    }

    /// All of it follows from the function's own signature.
    private static func checkGradient(_ signature: FunctionSignature, of function: FunctionSignature) throws(Refusal) {
        let name = function.name + "_vjp"
        guard signature.name == name else {
            throw Refusal("expected a function named \(name), found \(signature.name)")
        }
        let given = function.arguments.dropLast(2)
        let output = function.arguments[given.count].name
        var expected = Array(given) + [.init(type: .input, name: "grad_" + output)]
        expected += given.filter { $0.type == .input }.map { .init(type: .output, name: "grad_" + $0.name) }
        expected.append(count)
        for (index, pair) in zip(expected, signature.arguments).enumerated() where pair.0 != pair.1 {
            throw Refusal("argument \(index + 1): expected \(pair.0), found \(pair.1)")
        }
        guard signature.arguments.count == expected.count else {
            throw Refusal("expected \(expected.count) arguments, found \(signature.arguments.count)")
        }
    }

    private static let count = FunctionSignature.Argument(type: .int64, name: "n")
}
