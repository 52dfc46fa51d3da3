import NinoPluginSDK

/// Applies a program's operations for the inputs that the host gives.
struct Replay {
    private let program: TracedProgram
    private let forward: ForwardBuilder

    init(_ program: TracedProgram, _ forward: ForwardBuilder) {
        (self.program, self.forward) = (program, forward)
    }

    func run() throws {
        var sizes: [String: Int] = [:]
        var named = try readInputs(&sizes)
        var results: [Value?] = []
        for (number, operation) in program.operations.enumerated() {
            let inputs = try operation.inputs.map { try value($0, results, &named, sizes) }
            // What reads an optional input that was not given is left out, and what depends on that.
            let given = inputs.compactMap { $0 }
            results.append(given.count == inputs.count ? try apply(number, operation, given, sizes) : nil)
        }
        for output in program.outputs {
            if let value = try value(output.value, results, &named, sizes) {
                try forward.output(output.name, value)
            } else if output.name == "logits" {
                throw PluginError.invalid("output \"logits\": it depends on an optional input")
            }
        }
    }

    /// The inputs by name; sizes are read off their shapes.
    private func readInputs(_ sizes: inout [String: Int]) throws -> [String: Value] {
        var values: [String: Value] = [:]
        for input in program.inputs {
            let dims: [Int?] = try input.shape.map { expression in
                if case .name(let name) = expression { return sizes[name] }
                return expression.names.allSatisfy { sizes[$0] != nil } ? try expression.value(sizes) : nil
            }
            let value =
                input.optional == true
                ? try forward.optionalInput(input.name, input.type.code, dims)
                : try forward.input(input.name, input.type.code, dims)
            guard let value else { continue }
            for (expression, size) in zip(input.shape, try forward.shape(value)) {
                if case .name(let name) = expression { try note(name, size, of: input.name, &sizes) }
            }
            values[input.name] = value
        }
        return values
    }

    private func note(_ name: String, _ size: Int, of input: String, _ sizes: inout [String: Int]) throws {
        sizes[name] = size
        guard let open = program.sizes.first(where: { $0.name == name }) else { return }
        if let most = open.most, size > most {
            throw PluginError.invalid("input \"\(input)\": expected \(name) of at most \(most), found \(size)")
        }
        if let least = open.least, size < least {
            throw PluginError.invalid("input \"\(input)\": expected \(name) of at least \(least), found \(size)")
        }
    }

    private func value(
        _ reference: TracedProgram.Reference, _ results: [Value?], _ named: inout [String: Value],
        _ sizes: [String: Int]
    ) throws -> Value? {
        switch reference {
        case .operation(let number): return results[number]
        case .named(let name):
            if let known = named[name] { return known }
            if program.inputs.contains(where: { $0.name == name }) { return nil }
            let value: Value
            if let constant = program.constants.first(where: { $0.name == name }) {
                let (values, shape) = try constant.cut(sizes)
                value = try forward.constant(values, shape)
            } else {
                value = try forward.tensor(name)
            }
            named[name] = value
            return value
        }
    }

    private func apply(
        _ number: Int, _ operation: TracedProgram.Operation, _ inputs: [Value], _ sizes: [String: Int]
    ) throws -> Value {
        do {
            let attributes = try (operation.attributes ?? [:]).map { ($0, try $1.attribute(sizes)) }
            let value = try forward.op(operation.op, inputs, attributes.sorted { $0.0 < $1.0 })
            if let wanted = try operation.shape?.map({ try $0.value(sizes) }) {
                let found = try forward.shape(value)
                guard found == wanted else { throw PluginError.invalid("shape: expected \(wanted), found \(found)") }
            }
            return value
        } catch let error as PluginError {
            throw PluginError(status: error.status, message: "\(program.place(number)): \(error.message)")
        }
    }
}
