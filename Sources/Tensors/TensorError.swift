/// What can be wrong with a program, its bindings or the numbers it is run on.
///
/// Everything in a program may come from a plugin, so each rule is checked and none traps.
public enum TensorError: Error, Equatable, Sendable, CustomStringConvertible {
    case unknownOperation(name: String)
    case unknownAttribute(operation: String, name: String, allowed: [String])
    case missingAttribute(operation: String, name: String)
    case attributeType(operation: String, name: String, expected: String, found: String)
    case attributeValue(operation: String, name: String, expected: String, found: String)
    case inputCount(operation: String, expected: String, found: Int)
    case inputType(operation: String, input: Int, expected: ElementType, found: ElementType)
    case inputShape(operation: String, input: Int, expected: String, found: [Int])
    /// A dimension below 1.
    case invalidShape(name: String, found: [Int])
    case tooLarge(name: String, limit: Int, found: [Int])
    case outOfMemory(name: String, bytes: Int)
    case duplicateName(name: String)
    /// No parameter, buffer, input or output of that name.
    case unknownName(kind: String, name: String, known: [String])
    /// A `ValueID` that the program did not give out.
    case unknownValue(id: Int, count: Int)
    case notBound(kind: String, name: String)
    case bindingShape(name: String, expected: [Int], found: [Int])
    case bindingType(name: String, expected: ElementType, found: ElementType)
    case indexOutOfRange(operation: String, expected: Range<Int>, found: Int)
    /// `backward` without a seed from an output that is not a single number.
    case seedNeeded(output: String, shape: [Int])
    /// `value` or `backward` before `run`.
    case notRun(output: String)
    /// `backward` on an evaluator made for inference.
    case inferenceOnly(output: String)
    /// A custom operation reported failure, or has no vector-Jacobian product.
    case operationFailed(operation: String, message: String)

    public var description: String {
        switch self {
        case .unknownOperation(let name): "unknown operation '\(name)'"
        case .unknownAttribute(let operation, let name, let allowed):
            "\(operation): unknown attribute '\(name)', expected one of \(allowed)"
        case .missingAttribute(let operation, let name): "\(operation): attribute '\(name)' is missing"
        case .attributeType(let operation, let name, let expected, let found):
            "\(operation): attribute '\(name)': expected \(expected), found \(found)"
        case .attributeValue(let operation, let name, let expected, let found):
            "\(operation): attribute '\(name)': expected \(expected), found \(found)"
        case .inputCount(let operation, let expected, let found):
            "\(operation): expected \(expected) inputs, found \(found)"
        case .inputType(let operation, let input, let expected, let found):
            "\(operation): input \(input): expected \(expected), found \(found)"
        case .inputShape(let operation, let input, let expected, let found):
            "\(operation): input \(input): expected shape \(expected), found \(found)"
        case .invalidShape(let name, let found): "\(name): every dimension must be at least 1, found \(found)"
        case .tooLarge(let name, let limit, let found):
            "\(name): expected at most \(limit) elements, found shape \(found)"
        case .outOfMemory(let name, let bytes): "\(name): cannot allocate \(bytes) bytes"
        case .duplicateName(let name): "the name '\(name)' is used twice"
        case .unknownName(let kind, let name, let known): "no \(kind) '\(name)', expected one of \(known)"
        case .unknownValue(let id, let count): "no value \(id), expected below \(count)"
        case .notBound(let kind, let name): "\(kind) '\(name)' is not bound"
        case .bindingShape(let name, let expected, let found): "'\(name)': expected shape \(expected), found \(found)"
        case .bindingType(let name, let expected, let found): "'\(name)': expected \(expected), found \(found)"
        case .indexOutOfRange(let operation, let expected, let found):
            "\(operation): expected an index in \(expected.lowerBound)..<\(expected.upperBound), found \(found)"
        case .seedNeeded(let output, let shape):
            "output '\(output)': expected a single number or a seed, found shape \(shape)"
        case .notRun(let output): "output '\(output)': the program has not been run"
        case .inferenceOnly(let output): "output '\(output)': the evaluator was made for inference only"
        case .operationFailed(let operation, let message): "\(operation): \(message)"
        }
    }
}
