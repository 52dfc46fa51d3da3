import CKernels
import NeuralGraphs
import Tensors

/// Five states of a model's parameters in memory, oldest first, each one flat vector.
public struct StateHistory: StateSource {
    /// c: states a nowcast looks at.
    public static let contextLength = 5

    public let parameters: ParameterList
    public let states: [Tensor]
    /// Scalars in each state.
    public var count: Int { parameters.count }

    /// - Parameter states: five tensors of as many elements as there are parameters; not copied.
    /// - Throws: `stateCount`, `stateLength`.
    public init(_ states: [Tensor], parameters: ParameterList) throws(NowcastError) {
        guard states.count == Self.contextLength else {
            throw .stateCount(expected: Self.contextLength, found: states.count)
        }
        for (index, state) in states.enumerated() where state.count != parameters.count {
            throw .stateLength(state: index, expected: parameters.count, found: state.count)
        }
        self.parameters = parameters
        self.states = states
    }

    /// - Throws: `stateCount`, `stateLength`.
    public init(_ states: [[Float]], parameters: ParameterList) throws(NowcastError) {
        try self.init(states.map { Tensor(shape: [$0.count], values: $0) }, parameters: parameters)
    }

    /// Everything a source has, in memory, if it is not there already.
    init(reading source: some StateSource) throws {
        if let history = source as? StateHistory {
            self = history
            return
        }
        parameters = source.parameters
        states = (0..<Self.contextLength).map { _ in Tensor(shape: [source.parameters.count]) }
        let pieces = source.parameters.entries.enumerated().flatMap { index, entry in
            (0..<entry.count).pieces(of: 1 << 20).map { ScalarPatch.run(index, $0) }
        }
        try TaskRunner().forEach(pieces) { [states] patch, _ in
            let first = source.parameters.entries[patch.parameter].offset + patch.first
            for (index, state) in states.enumerated() {
                try source.read(patch, state: index, into: state.address + first, stride: patch.columns)
            }
        }
    }

    public func read(_ patch: ScalarPatch, state: Int, into output: UnsafeMutablePointer<Float>, stride: Int) {
        let start = states[state].address + parameters.entries[patch.parameter].offset + patch.first
        nino_gather(
            start, Int64(patch.rows), Int64(patch.rowStride), Int64(patch.columns), Int64(patch.columnStride), output,
            Int64(stride))
    }
}
