import Tensors
import TestSupport
import Testing

/// Everything in a program may come from a plugin: each mistake has its error, and none traps.
@Suite struct ProgramTests {
    /// The error of applying an operation to floats of these shapes.
    private func error(_ name: String, _ shapes: [[Int]], _ attributes: [String: OpAttribute] = [:]) -> TensorError? {
        var program = Program()
        do throws(TensorError) {
            var ids: [ValueID] = []
            for (index, shape) in shapes.enumerated() { ids.append(try program.input("x\(index)", .float32, shape)) }
            _ = try program.apply(name, ids, attributes)
            return nil
        } catch {
            return error
        }
    }

    @Test func rightApplicationsHaveNoError() throws {
        #expect(error("linear", [[2, 3], [4, 3], [4]]) == nil)
        #expect(error("conv2d", [[1, 2, 5, 5], [4, 2, 3, 3]], ["stride": .integers([2, 2])]) == nil)
        var program = Program()
        let x = try program.input("x", .float32, [2, 3, 4])
        let transposed = try program.apply("transpose", [x], ["axes": .integers([2, 0, 1])])
        let reshaped = try program.apply("reshape", [x], ["shape": .integers([-1, 4])])
        let mean = try program.apply("mean", [x], ["axes": .integers([1]), "keepAxes": .integer(1)])
        #expect(
            try [transposed, reshaped, mean].map { try program.shape(of: $0) } == [[4, 2, 3], [6, 4], [2, 1, 4]])
    }

    @Test func unknownOperationIsNamed() {
        #expect(error("swish", [[1]]) == .unknownOperation(name: "swish"))
    }

    @Test func attributesAreChecked() {
        #expect(
            error("relu", [[1]], ["slope": .real(1)])
                == .unknownAttribute(operation: "relu", name: "slope", allowed: []))
        #expect(error("scale", [[1]]) == .missingAttribute(operation: "scale", name: "factor"))
        #expect(
            error("scale", [[1]], ["factor": .text("2")])
                == .attributeType(operation: "scale", name: "factor", expected: "real", found: "text"))
        #expect(error("scale", [[1]], ["factor": .integer(2)]) == nil)
        #expect(
            error("scale", [[1]], ["factor": .real(.nan)])
                == .attributeValue(operation: "scale", name: "factor", expected: "a finite number", found: "nan"))
        #expect(
            error("gelu", [[1]], ["approximation": .text("fast")])
                == .attributeValue(
                    operation: "gelu", name: "approximation", expected: #"one of ["erf", "tanh"]"#, found: "fast"))
        #expect(
            error("conv2d", [[1, 1, 5, 5], [1, 1, 3, 3]], ["stride": .integers([0, 1])])
                == .attributeValue(
                    operation: "conv2d", name: "stride", expected: "2 integers in 1...1048576", found: "[0, 1]"))
        #expect(
            error("transpose", [[2, 3]], ["axes": .integers([0, 0])])
                == .attributeValue(
                    operation: "transpose", name: "axes", expected: "a permutation of 0 ..< 2", found: "[0, 0]"))
        #expect(
            error("slice", [[4]], ["axis": .integer(0), "start": .integer(3), "end": .integer(3)])
                == .attributeValue(operation: "slice", name: "end", expected: "above start 3", found: "3"))
        #expect(
            error("slice", [[4]], ["axis": .integer(Int.min), "start": .integer(0), "end": .integer(3)])
                == .attributeValue(operation: "slice", name: "axis", expected: "0...2147483647", found: "\(Int.min)"))
        #expect(
            error("mean", [[4]], ["axes": .integers([0, 0])])
                == .attributeValue(operation: "mean", name: "axes", expected: "distinct axes", found: "[0, 0]"))
        #expect(
            error("reshape", [[4]], ["shape": .integers([-1, -1])])
                == .attributeValue(
                    operation: "reshape", name: "shape", expected: "sizes of at least 1 and at most one -1",
                    found: "[-1, -1]"))
        #expect(
            error("maxPool2d", [[1, 1, 4, 4]], ["kernel": .integer(2), "padding": .integer(2)])
                == .attributeValue(
                    operation: "maxPool2d", name: "padding", expected: "at most half the kernel [2, 2]",
                    found: "[2, 2, 2, 2]"))
    }

    @Test func inputsAreChecked() throws {
        #expect(error("add", [[1]]) == .inputCount(operation: "add", expected: "2", found: 1))
        #expect(
            error("linear", [[2, 3], [3, 4]])
                == .inputShape(operation: "linear", input: 1, expected: "[out, 3]", found: [3, 4]))
        #expect(
            error("linear", [[2, 3], [4, 3], [3]])
                == .inputShape(operation: "linear", input: 2, expected: "[4]", found: [3]))
        #expect(
            error("add", [[2, 3], [2]])
                == .inputShape(
                    operation: "add", input: 1, expected: "a trailing part of [2, 3], or 1 for some of its sizes",
                    found: [2]))
        #expect(
            error("matmul", [[2, 3], [4, 5]])
                == .inputShape(operation: "matmul", input: 1, expected: "inner size 3", found: [4, 5]))
        #expect(
            error("conv2d", [[1, 1, 2, 2], [1, 1, 3, 3]])
                == .inputShape(
                    operation: "conv2d", input: 0, expected: "an image no smaller than the kernel [3, 3]",
                    found: [1, 1, 2, 2]))
        #expect(
            error("slice", [[4]], ["axis": .integer(0), "start": .integer(0), "end": .integer(5)])
                == .inputShape(operation: "slice", input: 0, expected: "at least 5 positions on axis 0", found: [4]))
        #expect(
            error("reshape", [[4]], ["shape": .integers([3])])
                == .inputShape(operation: "reshape", input: 0, expected: "as many elements as [3]", found: [4]))
        #expect(
            error("toFloat", [[2]]) == .inputType(operation: "toFloat", input: 0, expected: .int64, found: .float32))
        for name in Program.operationNames { #expect(error(name, []) != nil, "\(name) takes no inputs at all") }
    }

    /// No operation traps on inputs of any rank, with attributes that fit some rank.
    @Test(arguments: Program.operationNames)
    func noRankTraps(name: String) {
        let attributes: [String: [String: OpAttribute]] = [
            "scale": ["factor": .real(1)], "reshape": ["shape": .integers([Int.max])],
            "transpose": ["axes": .integers([1, 0])],
            "slice": ["axis": .integer(3), "start": .integer(0), "end": .integer(1)], "concat": ["axis": .integer(3)],
            "averagePool2d": ["kernel": .integer(1 << 20)], "maxPool2d": ["kernel": .integer(1 << 20)],
            "mean": ["axes": .integers([3])],
        ]
        for count in 0...6 {
            for rank in 0...5 {
                _ = error(
                    name, Array(repeating: Array(repeating: 1, count: rank), count: count), attributes[name] ?? [:])
            }
        }
    }

    @Test func sizesThatOverflowAreRefused() throws {
        let limit = Int(Int32.max)
        #expect(error("relu", [[Int.max, 2]]) == .tooLarge(name: "x0", limit: limit, found: [Int.max, 2]))
        #expect(error("relu", [[-1]]) == .invalidShape(name: "x0", found: [-1]))
        #expect(error("relu", [[0]]) == .invalidShape(name: "x0", found: [0]))
        #expect(
            error("matmul", [[1 << 20, 1], [1, 1 << 20]])
                == .tooLarge(name: "matmul", limit: limit, found: [1 << 20, 1 << 20]))
        #expect(
            error("conv2d", [[1, 1, 1, 1], [1, 1, 1, 1]], ["padding": .integer(1 << 20)])
                == .tooLarge(name: "conv2d", limit: limit, found: [1, 1, 2_097_153, 2_097_153]))
        var program = Program()
        let x = try program.input("x", .float32, [1 << 30, 1])
        #expect(throws: TensorError.tooLarge(name: "concat", limit: limit, found: [1 << 31, 1])) {
            try program.apply("concat", [x, x], ["axis": .integer(0)])
        }
    }

    @Test func namesAndValuesAreChecked() throws {
        var program = Program()
        let x = try program.input("x", .float32, [2])
        let ids = try program.input("ids", .int64, [2])
        #expect(throws: TensorError.duplicateName(name: "x")) { try program.parameter("x", [2]) }
        #expect(throws: TensorError.unknownValue(id: 7, count: 2)) { try program.apply("relu", [ValueID(index: 7)]) }
        #expect(throws: TensorError.unknownValue(id: -1, count: 2)) { try program.output("y", ValueID(index: -1)) }
        #expect(throws: TensorError.bindingType(name: "y", expected: .float32, found: .int64)) {
            try program.output("y", ids)
        }
        try program.output("y", x)
        #expect(throws: TensorError.duplicateName(name: "y")) { try program.output("y", x) }
    }

    @Test func messagesAreOneLine() {
        let message = TensorError.inputShape(operation: "linear", input: 1, expected: "[out, 3]", found: [3, 4])
            .description
        #expect(message == "linear: input 1: expected shape [out, 3], found [3, 4]")
    }
}
