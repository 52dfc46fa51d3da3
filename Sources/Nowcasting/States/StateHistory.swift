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

    /// Everything a source has, in memory.
    init(reading source: some StateSource) throws {
        parameters = source.parameters
        states = try (0..<Self.contextLength).map { state in
            let values = Tensor(shape: [source.parameters.count])
            for (index, entry) in source.parameters.entries.enumerated() {
                try source.read(
                    .whole(index, entry), state: state, into: values.address + entry.offset, stride: entry.count)
            }
            return values
        }
    }

    public func read(_ patch: ScalarPatch, state: Int, into output: UnsafeMutablePointer<Float>, stride: Int) {
        let start = states[state].address + parameters.entries[patch.parameter].offset + patch.first
        nino_gather(
            start, Int64(patch.rows), Int64(patch.rowStride), Int64(patch.columns), Int64(patch.columnStride), output,
            Int64(stride))
    }
}
