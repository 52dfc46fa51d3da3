import CKernels
import NeuralGraphs
import Tensors

/// A rectangle of scalars inside a parameter: `first + row · rowStride + column · columnStride`.
public struct ScalarPatch: Sendable, Equatable {
    /// Index in the parameter list.
    public let parameter: Int
    public let first: Int
    public let rows: Int
    public let rowStride: Int
    public let columns: Int
    public let columnStride: Int
}

/// Where the five states come from, patch by patch: memory, or files.
public protocol StateSource: Sendable {
    var parameters: ParameterList { get }

    /// Copies a patch of state `state` (0 = oldest) as float32 to `output`, `stride` numbers from row to row.
    ///
    /// Called from several threads at once. A source that can fail delivers NaN from then on and reports the failure itself.
    func read(_ patch: ScalarPatch, state: Int, into output: UnsafeMutablePointer<Float>, stride: Int)
}

/// Where predicted parameters go, patch by patch.
public protocol NowcastSink: Sendable {
    /// Called from several threads at once, for different scalars.
    func write(_ patch: ScalarPatch, from values: UnsafePointer<Float>, stride: Int)
}

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
        guard states.count == Self.contextLength else { throw .stateCount(expected: Self.contextLength, found: states.count) }
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

    public func read(_ patch: ScalarPatch, state: Int, into output: UnsafeMutablePointer<Float>, stride: Int) {
        let start = states[state].address + parameters.entries[patch.parameter].offset + patch.first
        nino_gather(start, Int64(patch.rows), Int64(patch.rowStride), Int64(patch.columns), Int64(patch.columnStride), output, Int64(stride))
    }
}

/// Predicted parameters in memory, as one flat vector.
struct FlatSink: NowcastSink {
    let parameters: ParameterList
    let output: Tensor

    func write(_ patch: ScalarPatch, from values: UnsafePointer<Float>, stride: Int) {
        let start = output.address + parameters.entries[patch.parameter].offset + patch.first
        for row in 0..<patch.rows {
            for column in 0..<patch.columns {
                start[row * patch.rowStride + column * patch.columnStride] = values[row * stride + column]
            }
        }
    }
}
