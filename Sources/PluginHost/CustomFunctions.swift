import CNinoPlugin
import Tensors

/// The C functions of one custom op, checked once.
final class CustomFunctions: Sendable {
    /// What the forward pass puts before the name of a custom op, so that it never meets an op of the host's.
    static let prefix = "custom."
    private static let longestSignature = 1024
    private static let largestCount: Int64 = 256

    let plugin: String
    let signature: CustomOperationSignature
    let function: ForeignFunction
    let gradient: ForeignFunction?

    var operationName: String { Self.prefix + signature.name }

    /// - Throws: `malformedCustomOp`.
    init(_ op: nino_custom_op_t, plugin: String, index: Int) throws(PluginHostError) {
        guard let name = nonEmptyText(op.name) else {
            throw .malformedArchitecture(
                plugin: plugin, field: "\(NINO_EXTENSION_CUSTOM_OPS): op \(index): name", expected: "a text")
        }
        guard let text = try Self.text(op.signature, "signature", plugin, name) else {
            throw Self.missing("signature", "a text, found NULL", plugin, name)
        }
        guard let function = op.function else { throw Self.missing("function", "a function, found NULL", plugin, name) }
        let gradientText = try Self.text(op.gradient_signature, "gradient_signature", plugin, name)
        guard (gradientText == nil) == (op.gradient == nil) else {
            throw Self.missing("gradient and gradient_signature", "both or neither, found one", plugin, name)
        }
        signature = try CustomOperationSignature(plugin: plugin, op: name, function: text, gradient: gradientText)
        self.plugin = plugin
        do throws(Refusal) {
            self.function = try ForeignFunction(function, signature.function)
            gradient =
                if let gradient = op.gradient, let form = signature.gradient {
                    try ForeignFunction(gradient, form)
                } else { nil }
        } catch {
            throw .malformedCustomOp(plugin: plugin, op: name, signature: text, message: error.message)
        }
    }

    /// All custom ops of an architecture by name; none if it has no such table.
    /// - Throws: `malformedArchitecture`, `malformedCustomOp`.
    static func read(_ table: nino_plugin_custom_ops_t?, of pointer: UnsafePointer<nino_architecture_t>, plugin: String)
        throws(PluginHostError) -> [String: CustomFunctions]
    {
        guard let table else { return [:] }
        guard let function = table.ops else {
            throw .malformedArchitecture(
                plugin: plugin, field: "\(NINO_EXTENSION_CUSTOM_OPS): ops", expected: "a function, found NULL")
        }
        var count: Int64 = 0
        guard let ops = PluginCall.run("ops", of: plugin, { function(pointer, &count) }),
            (1...largestCount).contains(count)
        else {
            throw .malformedArchitecture(
                plugin: plugin, field: "\(NINO_EXTENSION_CUSTOM_OPS): ops",
                expected: "a list of 1 to \(largestCount), found \(count) or NULL")
        }
        var read: [String: CustomFunctions] = [:]
        for index in 0..<Int(count) {
            let functions = try CustomFunctions(ops[index], plugin: plugin, index: index)
            guard read.updateValue(functions, forKey: functions.signature.name) == nil else {
                throw missing("name", "one op of that name, found two", plugin, functions.signature.name)
            }
        }
        return read
    }

    private static func text(_ pointer: UnsafePointer<CChar>?, _ field: String, _ plugin: String, _ op: String)
        throws(PluginHostError) -> String?
    {
        guard pointer != nil else { return nil }
        guard let text = nonEmptyText(pointer), text.utf8.count <= longestSignature else {
            throw missing(field, "a text of 1 to \(longestSignature) bytes", plugin, op)
        }
        return text
    }

    private static func missing(_ field: String, _ expected: String, _ plugin: String, _ op: String) -> PluginHostError
    {
        .malformedArchitecture(plugin: plugin, field: "custom op \"\(op)\": \(field)", expected: expected)
    }
}
