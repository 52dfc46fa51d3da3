/// States of one training run, five unless another number is asked for, oldest first, opened together.
///
/// All have the same tensors in name, shape and type. Source: NiNo, context length c = 5.
public struct History: Sendable {
    /// c: how many states a history has.
    public static let contextLength = 5

    /// Oldest first.
    public let states: [Checkpoint]

    public var newest: Checkpoint { states[states.count - 1] }

    /// Opens the states.
    ///
    /// - Parameter count: nil for as many as there are paths, two at least.
    /// - Throws: `wrongStateCount`; `tensorMissing`, `tensorSurplus`, `shapeMismatch` or `dtypeMismatch` where a state
    ///   differs from the oldest; and every error of `Checkpoint(opening:)`.
    public init(opening paths: [String], count: Int? = History.contextLength) throws(CheckpointError) {
        guard paths.count == count ?? max(2, paths.count) else {
            throw .wrongStateCount(expected: count ?? 2, found: paths.count)
        }
        var states: [Checkpoint] = []
        for path in paths { states.append(try Checkpoint(opening: path)) }
        for state in states.dropFirst() { try History.compare(state, to: states[0]) }
        self.states = states
    }

    /// Pairs of neighbours whose tensors begin with the same numbers: most likely one state given twice.
    public var identicalNeighbours: [(Int, Int)] {
        states.indices.dropLast().map { ($0, $0 + 1) }.filter { pair in
            let (first, second) = (states[pair.0], states[pair.1])
            return first.tensors.allSatisfy { tensor in
                let count = min(tensor.byteCount, 4096)
                var bytes = [[UInt8](repeating: 0, count: count), [UInt8](repeating: 0, count: count)]
                for (index, state) in [first, second].enumerated() {
                    let isRead: Void? = try? bytes[index].withUnsafeMutableBytes {
                        try state.readBytes(tensor.name, 0..<count, into: $0)
                    }
                    if isRead == nil { return false }
                }
                return bytes[0] == bytes[1]
            }
        }
    }

    /// The named tensors of one state laid end to end, in the order given, checked to be finite.
    ///
    /// - Throws: `tensorMissing`, `wrongDType`, `notFinite`, `outOfMemory`, and errors of reading.
    public func values(of names: [String], in state: Int) throws(CheckpointError) -> [Float] {
        let checkpoint = states[state]
        var count = 0
        for name in names { count += checkpoint.tensors[try checkpoint.index(of: name)].count }
        return try filledArray(count, file: checkpoint.path, what: "its parameters") {
            (buffer) throws(CheckpointError) in
            var offset = 0
            for name in names {
                let size = checkpoint[name]!.count
                try read(
                    name, 0..<size, of: state,
                    into: UnsafeMutableBufferPointer(rebasing: buffer[offset..<(offset + size)]))
                offset += size
            }
        }
    }

    /// Scalars `range` of tensor `name` in one state, checked to be finite.
    ///
    /// - Precondition: the range lies inside the tensor; `output` has as many elements.
    /// - Throws: as `values`. The index in `notFinite` counts from the start of the tensor.
    public func read(
        _ name: String, _ range: Range<Int>, of state: Int, into output: UnsafeMutableBufferPointer<Float>
    ) throws(CheckpointError) {
        let checkpoint = states[state]
        try checkpoint.read(name, range, into: output)
        if let bad = firstNonFinite(UnsafeBufferPointer(output)) {
            throw .notFinite(
                file: checkpoint.file(of: name), tensor: name, index: range.lowerBound + bad, found: "\(output[bad])")
        }
    }

    private static func compare(_ state: Checkpoint, to oldest: Checkpoint) throws(CheckpointError) {
        for expected in oldest.tensors {
            guard let found = state[expected.name] else {
                throw .tensorMissing(file: state.path, tensor: expected.name)
            }
            let file = state.file(of: expected.name)
            guard found.shape == expected.shape else {
                throw .shapeMismatch(file: file, tensor: expected.name, expected: expected.shape, found: found.shape)
            }
            guard found.dtype == expected.dtype else {
                throw .dtypeMismatch(file: file, tensor: expected.name, expected: expected.dtype, found: found.dtype)
            }
        }
        if let surplus = state.tensors.first(where: { oldest[$0.name] == nil }) {
            throw .tensorSurplus(
                file: state.file(of: surplus.name), tensor: surplus.name,
                expected: "none of this name, as in the oldest state")
        }
    }
}

/// Index of the first NaN or infinity, or nil.
public func firstNonFinite(_ values: UnsafeBufferPointer<Float>) -> Int? {
    let exponent: UInt32 = 0x7F80_0000
    let block = 4096
    for start in stride(from: 0, to: values.count, by: block) {
        let end = min(start + block, values.count)
        // No early exit inside a block: this loop vectorizes.
        var largest: UInt32 = 0
        for index in start..<end { largest = max(largest, values[index].bitPattern & exponent) }
        if largest == exponent { return (start..<end).first { !values[$0].isFinite } }
    }
    return nil
}
