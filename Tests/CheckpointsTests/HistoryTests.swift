import Checkpoints
import TestSupport
import Testing

struct HistoryTests {
    let folder = TemporaryFolder()
    let parameters: [(name: String, shape: [Int])] = [("w", [2, 2]), ("b", [2])]

    struct State {
        var names = ["w", "b", "mean"]
        var shape = [2, 2]
        var dtype = DType.f32
        var values: [Float] = [1, 2, 3, 4]
    }

    /// Five states, the one at `index` changed; returns their paths.
    func write(changing index: Int = 0, _ change: (inout State) -> Void = { _ in }) throws -> [String] {
        try (0..<5).map { step in
            var state = State()
            if step == index { change(&state) }
            let shapes = ["w": state.shape, "b": [2], "mean": [1], "extra": [1]]
            let tensors = state.names.map {
                TensorInfo(name: $0, dtype: $0 == "w" ? state.dtype : .f32, shape: shapes[$0]!)
            }
            let path = folder + "\(step).safetensors"
            let writer = try SafetensorsWriter(path, tensors: tensors)
            for tensor in writer.tensors {
                if tensor.dtype == .i64 {
                    try writer.writeInt64s([Int64](repeating: 1, count: tensor.count), to: tensor.name)
                } else {
                    try writer.write(
                        tensor.name == "w" ? state.values : [Float](repeating: Float(step), count: tensor.count),
                        to: tensor.name)
                }
            }
            try writer.commit()
            return path
        }
    }

    func check(_ paths: [String]) throws(CheckpointError) {
        try History(opening: paths).states[0].check(parameters: parameters) { $0 == "mean" }
    }

    @Test func wantedTensorsComeInTheOrderGiven() throws {
        let paths = try write()
        #expect(throws: Never.self) { try check(paths) }
        let history = try History(opening: paths)
        #expect(try history.values(of: ["b", "w"], in: 3) == [3, 3, 1, 2, 3, 4])
        #expect(history.newest.path == paths[4] && History.contextLength == 5)
    }

    @Test(arguments: [0, 4, 6])
    func anotherNumberOfStatesIsAnError(_ count: Int) {
        #expect(throws: CheckpointError.wrongStateCount(expected: 5, found: count)) {
            try History(opening: Array(repeating: "x", count: count))
        }
    }

    @Test func statesMustAgree() throws {
        let third = folder + "2.safetensors"
        #expect(throws: CheckpointError.tensorMissing(file: third, tensor: "b")) {
            try check(write(changing: 2) { $0.names = ["w", "mean"] })
        }
        #expect(
            throws: CheckpointError.tensorSurplus(
                file: third, tensor: "extra", expected: "none of this name, as in the oldest state")
        ) {
            try check(write(changing: 2) { $0.names.append("extra") })
        }
        #expect(throws: CheckpointError.shapeMismatch(file: third, tensor: "w", expected: [2, 2], found: [4])) {
            try check(write(changing: 2) { $0.shape = [4] })
        }
        #expect(throws: CheckpointError.dtypeMismatch(file: third, tensor: "w", expected: .f32, found: .bf16)) {
            try check(write(changing: 2) { $0.dtype = .bf16 })
        }
    }

    @Test func statesMustHoldTheParametersAndOnlyBuffersBesides() throws {
        let history = try History(opening: write())
        let oldest = folder + "0.safetensors"
        let none: (String) -> Bool = { _ in false }
        #expect(throws: CheckpointError.tensorNotFound(file: oldest, tensor: "v", found: "'b', 'w'")) {
            try history.states[0].check(parameters: [("v", [1])], isBuffer: none)
        }
        #expect(throws: CheckpointError.shapeMismatch(file: oldest, tensor: "w", expected: [4], found: [2, 2])) {
            try history.states[0].check(parameters: [("w", [4])], isBuffer: none)
        }
        #expect(
            throws: CheckpointError.tensorSurplus(
                file: oldest, tensor: "mean", expected: "none of this name among parameters and buffers")
        ) {
            try history.states[0].check(parameters: parameters, isBuffer: none)
        }
    }

    @Test func wholeNumbersAreNoParameters() throws {
        let paths = try write()
        let tensor = TensorInfo(name: "w", dtype: .i64, shape: [1])
        for path in paths {
            let writer = try SafetensorsWriter(path, tensors: [tensor])
            try writer.writeInt64s([Int64(1)], to: "w")
            try writer.commit()
        }
        #expect(
            throws: CheckpointError.wrongDType(
                file: paths[0], tensor: "w",
                expected: "a floating-point type that is trained (quantized weights are not nowcast: give the weights "
                    + "they were made from)", found: .i64)
        ) {
            try History(opening: paths).states[0].check(parameters: [("w", [1])]) { _ in false }
        }
    }

    @Test(arguments: [Float.nan, .infinity, -.infinity])
    func numbersThatAreNotFiniteAreNamedWithTheirPlace(_ value: Float) throws {
        let history = try History(opening: write(changing: 1) { $0.values[2] = value })
        let error = CheckpointError.notFinite(file: folder + "1.safetensors", tensor: "w", index: 2, found: "\(value)")
        #expect(throws: error) { try history.values(of: ["b", "w"], in: 1) }
        var part: [Float] = [0, 0]
        #expect(throws: error) {
            try part.withUnsafeMutableBufferPointer { try history.read("w", 1..<3, of: 1, into: $0) }
        }
        #expect(throws: Never.self) { try history.values(of: ["b", "w"], in: 0) }
    }

    @Test func firstNonFiniteFindsTheFirst() {
        var values = [Float](repeating: .greatestFiniteMagnitude, count: 10_000)
        #expect(values.withUnsafeBufferPointer(firstNonFinite) == nil)
        values[9_999] = .nan
        #expect(values.withUnsafeBufferPointer(firstNonFinite) == 9_999)
        values[4_096] = -.infinity
        #expect(values.withUnsafeBufferPointer(firstNonFinite) == 4_096)
    }
}
