import NeuralGraphs
import Nowcasting

/// The modules of a LoRA adapter, each a graph by itself: inputs, rank, outputs, joined by the two thin matrices whose
/// product is what the module adds to a frozen weight. The rank's order means nothing: it is a permutation group.
/// Source: Hu et al. 2021 (arXiv 2106.09685); names as the library peft saves them.
enum AdapterModules {
    /// The tensors of one module, as indices in the parameter list.
    private struct Parts {
        var down: Int?
        var up: Int?
        /// A scale for each output (DoRA).
        var magnitude: Int?
    }

    private static let roles: [(mark: String, part: WritableKeyPath<Parts, Int?> & Sendable)] = [
        (".lora_A.", \.down), (".lora_B.", \.up), (".lora_embedding_A", \.down), (".lora_embedding_B", \.up),
        (".lora_magnitude_vector", \.magnitude),
    ]

    /// - Parameter file: for messages.
    /// - Returns: the graphs with the indices of their parameters; none where no tensor is an adapter's.
    /// - Throws: `InputError` for an adapter with other tensors, or matrices that do not fit.
    static func graphs(of parameters: ParameterList, file: String) throws -> [(graph: GraphInput, indices: [Int])] {
        var (modules, order): ([String: Parts], [String]) = ([:], [])
        var stranger: String?
        for (index, entry) in parameters.entries.enumerated() {
            guard let role = roles.first(where: { entry.name.contains($0.mark) }),
                let mark = entry.name.firstRange(of: role.mark)
            else {
                stranger = stranger ?? entry.name
                continue
            }
            let module = String(entry.name[..<mark.lowerBound]) + adapter(entry.name[mark.upperBound...])
            if modules[module] == nil { order.append(module) }
            guard modules[module]?[keyPath: role.part] == nil else {
                throw InputError("\(file): tensor '\(entry.name)': expected one such matrix in '\(module)', found two")
            }
            modules[module, default: Parts()][keyPath: role.part] = index
        }
        guard !order.isEmpty else { return [] }
        if let stranger {
            throw InputError(
                "\(file): tensor '\(stranger)': expected the matrices of a LoRA adapter alone, found one beside them; "
                    + "a whole model needs --config")
        }
        return try order.map { try graph(of: modules[$0]!, module: $0, parameters, file: file) }
    }

    /// Behind a module's name, ` (a)` of `a.weight`: a file may hold several adapters of a module.
    private static func adapter(_ rest: Substring) -> String {
        var words = rest.split(separator: ".")
        if words.last == "weight" { words.removeLast() }
        return words.isEmpty ? "" : " (\(words.joined(separator: ".")))"
    }

    private static func graph(
        of parts: Parts, module: String, _ parameters: ParameterList, file: String
    ) throws -> (graph: GraphInput, indices: [Int]) {
        guard let down = parts.down.map({ parameters.entries[$0] }), let up = parts.up.map({ parameters.entries[$0] }),
            down.shape.count == 2, up.shape.count == 2, down.shape[0] == up.shape[1]
        else {
            let shapes = [parts.down, parts.up].map { $0.map { "\(parameters.entries[$0].shape)" } ?? "none" }
            throw InputError(
                "\(file): '\(module)': expected matrices [rank, in] and [out, rank], "
                    + "found \(shapes[0]) and \(shapes[1])"
            )
        }
        let (inputs, rank, outputs) = (down.shape[1], down.shape[0], up.shape[0])
        var blocks = [
            NodeBlock(name: "inputs", first: 0, count: inputs),
            NodeBlock(name: "rank", first: inputs, count: rank, axis: Axis(.group(0))),
            NodeBlock(name: "outputs", first: inputs + rank, count: outputs),
        ]
        var (edges, indices) = (
            [matrix("down", 0, from: 0, inputs, to: 1, rank), matrix("up", 1, from: 1, rank, to: 2, outputs)],
            [parts.down!, parts.up!]
        )
        if let magnitude = parts.magnitude {
            guard parameters.entries[magnitude].count == outputs else {
                throw InputError(
                    "\(file): tensor '\(parameters.entries[magnitude].name)': expected \(outputs) numbers, found shape "
                        + "\(parameters.entries[magnitude].shape)")
            }
            blocks.append(NodeBlock(name: "magnitude", first: inputs + rank + outputs, count: 1))
            edges.append(matrix("magnitude", 2, type: .norm, from: 3, 1, to: 2, outputs))
            indices.append(magnitude)
        }
        let graph = try NeuralGraph(
            groups: [PermutationGroup(name: "rank", size: rank)],
            parameters: ParameterList(indices.map { (parameters.entries[$0].name, parameters.entries[$0].shape) }),
            nodeBlocks: blocks, edgeBlocks: edges)
        return (try GraphInput(graph), indices)
    }

    /// Every node of a block with every node of another, over a weight [out, in].
    private static func matrix(
        _ name: String, _ parameter: Int, type: EdgeType = .linear, from: Int, _ inputs: Int, to: Int, _ outputs: Int
    ) -> EdgeBlock {
        EdgeBlock(
            name: name, type: type, topology: .allPairs, from: from, to: to,
            values: .parameter(
                AddressRule(
                    parameter: parameter, offset: 0, from: [IndexLevel(extent: inputs, stride: 1)],
                    to: [IndexLevel(extent: outputs, stride: inputs)], slots: 1)))
    }
}
