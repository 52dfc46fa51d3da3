import Tensors

/// What messages call the operations of a program: by their names, each with the tensor that it reads or that stands
/// nearest before it. The tensor's name holds the path of the user's module.
struct Landmarks {
    private var tensors: [String?]
    private let program: Program

    init(_ program: Program, live: [Int]) {
        self.program = program
        tensors = Array(repeating: nil, count: program.nodes.count)
        for index in live {
            switch program.nodes[index].source {
            case .input, .constant: continue
            case .parameter(let name), .buffer(let name): tensors[index] = name
            case .operation(_, let inputs): tensors[index] = nearest(inputs.map(\.index))
            }
        }
    }

    private func nearest(_ inputs: [Int]) -> String? {
        let own = inputs.lazy.filter { if case .operation = program.nodes[$0].source { false } else { true } }
        return own.compactMap { tensors[$0] }.first ?? inputs.lazy.compactMap { tensors[$0] }.first
    }

    /// Of an operation.
    func place(_ index: Int) -> String {
        guard case .operation(let operation, _) = program.nodes[index].source else { return "" }
        return "\(operation.name)\(tensors[index].map { " of \($0)" } ?? "")"
    }
}
