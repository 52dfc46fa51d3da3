/// How axes pass through an operation.
///
/// Indices run along the axes of inputs and output, as the letters of an einsum do. To permute an index means to
/// permute it in every tensor where it stands. The statement an operation makes: permuting any of its indices that are
/// not pinned, in all inputs, permutes its output in the same way, f(π·x) = π·f(x). An index of the inputs alone is
/// summed or left out.
public struct AxisFlow: Sendable, Equatable {
    public enum Role: Sendable, Equatable {
        /// Each position by itself, or a sum over all.
        case free
        /// Positions are set against each other, as in a softmax or norm: they permute, but alike for every index
        /// beside them.
        case coupled
        /// Positions are told apart; the text says by what. They may be set against each other too.
        case pinned(String)
    }

    public struct Index: Sendable, Equatable {
        public let size: Int
        public let role: Role

        public init(size: Int, role: Role = .free) {
            self.size = size
            self.role = role
        }

        public var isPinned: Bool { if case .pinned = role { true } else { false } }
    }

    /// One axis: segments one behind the other, each a product of indices, outermost first; a product of none has size
    /// 1.
    public typealias Axis = [[Int]]

    public let indices: [Index]
    /// The axes of each input.
    public let inputs: [[Axis]]
    public let output: [Axis]

    public init(indices: [Index], inputs: [[Axis]], output: [Axis]) {
        self.indices = indices
        self.inputs = inputs
        self.output = output
    }

    /// All tensors, the output last.
    private var tensors: [[Axis]] { inputs + [output] }

    /// True if index `x` may be permuted differently for every position of index `other`.
    ///
    /// So it is if `other` stands beside `x` wherever `x` stands, and its positions are not set against each other at
    /// each position of `x`.
    public func mayDepend(_ x: Int, on other: Int) -> Bool {
        guard x != other, indices[other].role == .free || indices[x].role != .free else { return false }
        return tensors.allSatisfy { axes in
            axes.indices.allSatisfy { axis in
                axes[axis].allSatisfy { segment in
                    guard segment.contains(x) else { return true }
                    return segment.contains(other)
                        || axes.indices.contains { $0 != axis && axes[$0].count == 1 && axes[$0][0].contains(other) }
                }
            }
        }
    }

    /// The same without a word on some inputs.
    public func leavingOut(inputs left: Set<Int>) -> AxisFlow {
        AxisFlow(indices: indices, inputs: inputs.enumerated().map { left.contains($0) ? [] : $1 }, output: output)
    }

    /// Of an operation that computes every element from those at the same place, inputs of lower rank repeating along
    /// the leading axes.
    public static func elementwise(_ inputs: [ValueType]) -> AxisFlow { aligned(inputs, last: .free) }

    /// The same, but for positions of the last axis, which are set against each other.
    static func normalized(_ inputs: [ValueType]) -> AxisFlow { aligned(inputs, last: .coupled) }

    private static func aligned(_ inputs: [ValueType], last: Role) -> AxisFlow {
        var flow = AxisFlowBuilder()
        let axes = flow.indices(inputs[0].shape.dropLast()) + flow.indices(inputs[0].shape.suffix(1), last)
        return flow.make(inputs.map { axes.suffix($0.shape.count) }, axes)
    }
}

/// Collects the indices of one flow.
struct AxisFlowBuilder {
    private var indices: [AxisFlow.Index] = []

    mutating func index(_ size: Int, _ role: AxisFlow.Role = .free) -> Int {
        indices.append(AxisFlow.Index(size: size, role: role))
        return indices.count - 1
    }

    mutating func indices(_ sizes: some Sequence<Int>, _ role: AxisFlow.Role = .free) -> [Int] {
        sizes.map { index($0, role) }
    }

    /// One index an axis.
    func make(_ inputs: [some Sequence<Int>], _ output: [Int]) -> AxisFlow {
        make(inputs.map { $0.map { [[$0]] } }, output.map { [[$0]] })
    }

    func make(_ inputs: [[AxisFlow.Axis]], _ output: [AxisFlow.Axis]) -> AxisFlow {
        AxisFlow(indices: indices, inputs: inputs, output: output)
    }
}
