import Checkpoints
import TestSupport
import Testing

struct StateOrderTests {
    let folder = TemporaryFolder()

    private func state(_ name: String, step: Int? = nil) throws -> String {
        let metadata = step.map { "\"__metadata__\":{\"step\":\"\($0)\"}," } ?? ""
        let header = "{\(metadata)\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}"
        return folder.write(safetensors(header, littleEndian([Float(name.utf8.count)])), to: name)
    }

    private func order(_ paths: [String]) throws -> [Int]? {
        try StateOrder(paths.map { try Checkpoint(opening: $0) }, named: paths).steps
    }

    @Test func numbersInNamesAreCompared() throws {
        let paths = try [200, 400, 600, 800, 1000].map { try state("step_\($0).safetensors") }
        #expect(try order(paths) == [200, 400, 600, 800, 1000])
        // As a shell expands step_*.
        let error = try #require(throws: CheckpointError.self) { try order(paths.sorted()) }
        #expect("\(error)".contains("found steps 1000, 200, 400, 600, 800 by their names"))
        #expect("\(error)".contains("the right order is \(paths.joined(separator: " "))"))
    }

    @Test func whatAFileSaysOfItselfCountsFirst() throws {
        let paths = try [("b9", 100), ("b3", 200), ("b7", 300)].map { try state($0.0, step: $0.1) }
        #expect(try order(paths) == [100, 200, 300])
        #expect(throws: CheckpointError.self) { try order(paths.reversed()) }
    }

    @Test(arguments: [Int.min, -1, 1_000_000_000_000_001, .max])
    func whatCannotBeAStepDoesNotCount(step: Int) throws {
        let paths = try [("a1", step), ("a2", 20)].map { try state($0.0, step: $0.1) }
        #expect(try Checkpoint(opening: paths[0]).step == nil)
        #expect(try order(paths) == [1, 2])
    }

    @Test(arguments: [
        (["a/model.safetensors", "b/model.safetensors"], nil), (["x1", "x1"], nil), (["v2-10", "v2-9"], [10, 9]),
        (["run7/checkpoint-5/model.safetensors", "run7/checkpoint-10/model.safetensors"], [5, 10]),
        (["epoch=1-step=20", "epoch=1-step=30"], [20, 30]), (["s1", "t"], nil),
        (["s-9223372036854775806", "s-9223372036854775807"], nil),
    ])
    func theNumberThatDiffersIsTheStep(paths: [String], expected: [Int]?) {
        #expect(StateOrder.numbers(in: paths) == expected)
    }

    @Test func missingTensorsNameWhatIsThere() throws {
        let file = try Checkpoint(opening: state("f"))
        func message(_ name: String) throws -> String {
            let error = try #require(throws: CheckpointError.self) {
                try file.check(parameters: [(name, [1])], isBuffer: { _ in false })
            }
            return "\(error)"
        }
        #expect(try message("module.a").contains("would match with 'module.' before them"))
        #expect(try message("b").contains("found 'a'"))
        #expect(try message("something.else").hasSuffix("expected, not found; found 'a'"))
    }
}
