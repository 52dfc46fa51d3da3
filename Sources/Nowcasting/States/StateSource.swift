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

    /// Scalars `range` of a parameter, counted from its start.
    static func run(_ parameter: Int, _ range: Range<Int>) -> ScalarPatch {
        ScalarPatch(
            parameter: parameter, first: range.lowerBound, rows: 1, rowStride: 0, columns: range.count, columnStride: 1)
    }

    static func whole(_ parameter: Int, _ entry: ParameterList.Entry) -> ScalarPatch { run(parameter, 0..<entry.count) }
}

/// Where the five states come from, patch by patch: memory, or files.
public protocol StateSource: Sendable {
    var parameters: ParameterList { get }

    /// Copies a patch of state `state` (0 = oldest) as float32 to `output`, `stride` numbers from row to row.
    ///
    /// Called from several threads at once. A source that can fail delivers any numbers from then on and says so in
    /// `hasFailed`.
    func read(_ patch: ScalarPatch, state: Int, into output: UnsafeMutablePointer<Float>, stride: Int)

    /// Whether something could not be read: the nowcast then ends with `NowcastError.stopped`, and the source knows
    /// why.
    var hasFailed: Bool { get }
}

extension StateSource {
    public var hasFailed: Bool { false }
}

/// Where predicted parameters go, patch by patch.
public protocol NowcastSink: Sendable {
    /// Called from several threads at once, for different scalars.
    func write(_ patch: ScalarPatch, from values: UnsafePointer<Float>, stride: Int)

    /// Whether something could not be written; as for sources.
    var hasFailed: Bool { get }
}

extension NowcastSink {
    public var hasFailed: Bool { false }
}

extension NowcastSink where Self: StateSource {
    public var hasFailed: Bool { false }
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
    init(reading source: some StateSource) {
        parameters = source.parameters
        states = (0..<Self.contextLength).map { state in
            let values = Tensor(shape: [source.parameters.count])
            for (index, entry) in source.parameters.entries.enumerated() {
                source.read(
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
