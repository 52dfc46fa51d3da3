import Tensors

/// What each value of a program is computed from.
struct ValueRoots {
    /// The parameter or buffer that a value is a view of, or computed from element by element with constants alone; the
    /// larger one where several are joined before any input comes in, as the direction and length of a normed weight.
    private(set) var tensors: [String?]
    /// Values computed from constants alone.
    private(set) var isConstant: [Bool]

    /// Operations that join a parameter with neurons however they are fed.
    static let layers: Set<String> = [
        "linear", "matmul", "embedding", "attention", "recurrent", "conv1d", "conv2d", "convTranspose1d",
        "convTranspose2d", "gather",
    ]

    init(_ program: Program, live: [Int]) {
        tensors = Array(repeating: nil, count: program.nodes.count)
        isConstant = Array(repeating: false, count: program.nodes.count)
        var size: [String: Int] = [:]
        for index in live {
            switch program.nodes[index].source {
            case .input: continue
            case .constant: isConstant[index] = true
            case .parameter(let name), .buffer(let name):
                tensors[index] = name
                size[name] = program.nodes[index].type.shape.reduce(1, *)
            case .operation(let operation, let inputs):
                let others = inputs.map(\.index).filter { !isConstant[$0] }
                isConstant[index] = others.isEmpty
                guard !Self.layers.contains(operation.name), others.allSatisfy({ tensors[$0] != nil }) else { continue }
                tensors[index] = others.compactMap { tensors[$0] }.reduce(nil) { best, name in
                    best.map { size[$0]! >= size[name]! ? $0 : name } ?? name
                }
            }
        }
    }

    /// True for values that inputs or several tensors have a part in.
    func isComputed(_ value: Int) -> Bool { tensors[value] == nil && !isConstant[value] }
}
