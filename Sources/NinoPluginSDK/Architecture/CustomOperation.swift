import CNinoPlugin

/// An element-wise op that the plugin computes itself, because the host's op set lacks it (docs/ops.md, "Custom ops").
///
/// The forward pass calls it by name, `try forward.op("custom.softplus", [x])`; the host calls the function through its
/// C signature.
public struct CustomOperation: Sendable {
    /// A C identifier, without `custom.`.
    public let name: String
    let signature: String
    let gradientSignature: String?
    let function: nino_function_t
    let gradient: nino_function_t?

    /// A C function, a closure without captures typed `@convention(c)`. It has no gradient, so models with it run, but
    /// do not train.
    ///
    /// ```swift
    /// static let softplus: @convention(c) (UnsafePointer<Float>?, UnsafeMutablePointer<Float>?, Int64) -> Void = { x,
    /// out, count in for i in 0..<Int(count) { out![i] = log1p(exp(x![i])) } }
    /// ```
    ///
    /// - Parameters:
    ///   - name: a C identifier, without `custom.`.
    ///   - signature: the C declaration that `function` has the type of: inputs, scalars, output, `int64_t n`. It is
    ///     taken at its word:
    ///     a function of another type is undefined behaviour.
    ///   - function: computes a range of the elements.
    public init<Function>(_ name: String, _ signature: String, _ function: Function) {
        self.init(
            name: name, signature: signature, function: Self.erase(function), gradientSignature: nil, gradient: nil)
    }

    /// A C function and its vector-Jacobian product.
    /// - Parameters:
    ///   - name: a C identifier, without `custom.`.
    ///   - signature: as for an op without gradient.
    ///   - function: computes a range of the elements.
    ///   - gradientSignature: the C declaration that `gradient` has the type of: inputs, scalars, `const float
    ///     *grad_<output>`, one
    ///     `float *grad_<input>` for each input, `int64_t n`.
    ///   - gradient: computes the gradients of a range of the elements.
    public init<Function, Gradient>(
        _ name: String, _ signature: String, _ function: Function, gradient gradientSignature: String,
        _ gradient: Gradient
    ) {
        self.init(
            name: name, signature: signature, function: Self.erase(function), gradientSignature: gradientSignature,
            gradient: Self.erase(gradient))
    }

    private init(
        name: String, signature: String, function: @escaping nino_function_t, gradientSignature: String?,
        gradient: nino_function_t?
    ) {
        (self.name, self.signature, self.function) = (name, signature, function)
        (self.gradientSignature, self.gradient) = (gradientSignature, gradient)
    }

    private static func erase<Function>(_ function: Function) -> nino_function_t {
        precondition(
            MemoryLayout<Function>.size == MemoryLayout<nino_function_t>.size,
            "expected a @convention(c) function, found \(Function.self)")
        return unsafeBitCast(function, to: nino_function_t.self)
    }
}

/// An architecture with ops of its own.
public protocol CustomOperations: ForwardPass {
    /// 1 … 256 of them, names all different.
    static var customOperations: [CustomOperation] { get }
}
