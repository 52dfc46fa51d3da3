import NinoPluginSDK

extension TracedProgram {
    /// - Throws: `PluginError.invalid` naming the place.
    func check() throws {
        guard format == 1 else { throw PluginError.invalid("key \"format\": expected 1, found \(format)") }
        try checkSizes()
        try checkNames()
        let readable = Set(inputs.map(\.name) + parameters.map(\.name) + buffers.map(\.name) + constants.map(\.name))
        for (number, operation) in operations.enumerated() {
            for reference in operation.inputs { try check(reference, number, readable, at: place(number)) }
        }
        for output in outputs {
            try check(output.value, operations.count, readable, at: "output \"\(output.name)\"")
        }
        guard outputs.contains(where: { $0.name == "logits" }) else {
            throw PluginError.invalid("key \"outputs\": expected \"logits\" among them, found none")
        }
        for constant in constants { try constant.check() }
    }

    /// How messages name an operation.
    func place(_ number: Int) -> String {
        let operation = operations[number]
        return "operations[\(number)] (\(operation.op)" + (operation.module.map { ", module \"\($0)\"" } ?? "") + ")"
    }

    private func checkSizes() throws {
        var seen: Set<String> = []
        for size in sizes {
            guard SizeExpression.isName(size.name) else {
                throw PluginError.invalid(
                    "sizes: expected a name of capital letters and digits, found \"\(size.name)\"")
            }
            guard seen.insert(size.name).inserted else {
                throw PluginError.invalid("sizes: \"\(size.name)\" stands twice")
            }
            guard (size.least ?? 1) >= 1, (size.most ?? Int.max) >= (size.least ?? 1) else {
                throw PluginError.invalid("sizes: \"\(size.name)\": expected 1 ≤ least ≤ most")
            }
        }
        for input in inputs { try checkNamesOfSizes(input.shape, seen, "input \"\(input.name)\"") }
        for constant in constants { try checkNamesOfSizes(constant.shape, seen, "constant \"\(constant.name)\"") }
        for (number, operation) in operations.enumerated() {
            try checkNamesOfSizes(operation.shape ?? [], seen, place(number))
            for attribute in (operation.attributes ?? [:]).values {
                try checkNamesOfSizes(attribute.sizes, seen, place(number))
            }
        }
    }

    private func checkNamesOfSizes(_ shape: [SizeExpression], _ known: Set<String>, _ place: String) throws {
        guard let stranger = shape.flatMap(\.names).first(where: { !known.contains($0) }) else { return }
        let names = known.sorted().joined(separator: ", ")
        throw PluginError.invalid("\(place): size \"\(stranger)\" is not among \"sizes\" (\(names))")
    }

    private func checkNames() throws {
        var seen: Set<String> = []
        let names = inputs.map(\.name) + parameters.map(\.name) + buffers.map(\.name) + constants.map(\.name)
        for name in names + ignored.map(\.name) + tied.map(\.name) {
            guard !name.isEmpty, seen.insert(name).inserted else {
                throw PluginError.invalid("name \"\(name)\": expected once among inputs, tensors and constants")
            }
        }
        var outputNames: Set<String> = []
        for output in outputs where !outputNames.insert(output.name).inserted {
            throw PluginError.invalid("output \"\(output.name)\" stands twice")
        }
        for tensor in parameters + buffers + ignored where !tensor.shape.allSatisfy({ $0 >= 1 }) {
            throw PluginError.invalid("tensor \"\(tensor.name)\": expected sizes of at least 1, found \(tensor.shape)")
        }
        let parameterNames = Set(parameters.map(\.name))
        for tie in tied where !parameterNames.contains(tie.to) {
            throw PluginError.invalid("tied \"\(tie.name)\": \"\(tie.to)\" is no parameter")
        }
    }

    private func check(_ reference: Reference, _ number: Int, _ readable: Set<String>, at place: String) throws {
        switch reference {
        case .operation(let index):
            guard (0..<number).contains(index) else {
                throw PluginError.invalid("\(place): value \(index): expected an operation before it")
            }
        case .named(let name):
            guard readable.contains(name) else {
                throw PluginError.invalid("\(place): \"\(name)\" is no input, parameter, buffer or constant")
            }
        }
    }
}
