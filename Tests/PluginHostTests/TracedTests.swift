import Foundation
import PluginHost
import Tensors
import TestSupport
import Testing

/// Programs exported from PyTorch (Tests/Fixtures/traced.py) give PyTorch's outputs, and what is wrong in one is named.
@Suite struct TracedTests {
    private struct Case: Decodable {
        struct Input: Decodable {
            let shape: [Int]
            let values: [Double]
        }

        let inputs: [String: Input]
        let logits: [Float]
    }

    private static let plugins = Result { try registry("NinoTraced").registry }

    private static func model(_ json: String) throws -> Model { try plugins.get().model(for: configuration(json)) }

    static let names = ["gpt2", "llama", "perceptron", "waves"]

    private static func text(_ name: String) throws -> String {
        let path = "Tests/Fixtures/traced/\(name).nino.json"
        return try String(contentsOf: BuiltProducts.repository.appendingPathComponent(path), encoding: .utf8)
    }

    private func expected(_ name: String) throws -> Case {
        let data = try Data(contentsOf: BuiltProducts.repository.appendingPathComponent("Tests/Fixtures/traced.json"))
        return try #require(try JSONDecoder().decode([String: Case].self, from: data)[name])
    }

    private func values(_ expected: Case, of model: Model) -> [String: Value] {
        Dictionary(
            uniqueKeysWithValues: expected.inputs.map { name, input in
                // The host's tasks give a lone image as "pixels".
                let name = name == "x" && input.shape.count == 4 ? "pixels" : name
                return name == "input_ids"
                    ? (name, .integer(IntegerTensor(shape: input.shape, values: input.values.map { Int64($0) })))
                    : (name, .float(Tensor(shape: input.shape, values: input.values.map { Float($0) })))
            })
    }

    /// The formula of traced.py.
    private func bind(_ evaluator: Evaluator, _ model: Model) throws {
        for (number, entry) in model.parameters.entries.sorted(by: { $0.name < $1.name }).enumerated() {
            let shift = entry.shape.count == 1 && entry.name.hasSuffix("weight") ? 1.0 : 0
            let values = (0..<entry.count).map { Float(0.3 * sin(1.7 * Double($0) + Double(number)) + shift) }
            try evaluator.bind(parameter: entry.name, to: Tensor(shape: entry.shape, values: values))
        }
    }

    private func logits(_ name: String) throws -> [Float] {
        let model = try Self.model(Self.text(name))
        let inputs = values(try expected(name), of: model)
        let evaluator = Evaluator(try model.trace(inputs: inputs.mapValues(\.type)))
        try bind(evaluator, model)
        try evaluator.run(inputs: inputs)
        return try evaluator.value(of: "logits").array
    }

    @Test func everyFixtureIsTried() throws {
        let folder = BuiltProducts.repository.appendingPathComponent("Tests/Fixtures/traced").path
        let files = try FileManager.default.contentsOfDirectory(atPath: folder)
        #expect(files.sorted() == Self.names.map { "\($0).nino.json" })
    }

    @Test(arguments: names)
    func outputsAreThoseOfPyTorch(name: String) throws {
        let (found, wanted) = (try logits(name), try expected(name).logits)
        let largest = wanted.map(abs).max() ?? 0
        let difference = zip(found, wanted).map { abs($0 - $1) }.max() ?? .infinity
        #expect(found.count == wanted.count && largest > 0)
        #expect(difference < 1e-5 * largest, "\(difference) of \(largest)")
    }

    @Test func otherBatchesAndLengthsRun() throws {
        let model = try Self.model(Self.text("llama"))
        let types = try model.inputTypes(batch: 3, length: 4)
        #expect(types["input_ids"] == ValueType(.int64, [3, 4]))
        #expect(try model.trace(inputs: types).output(named: "logits") != nil)
        #expect(throws: PluginHostError.self) { try model.inputTypes(batch: 1, length: 17) }
    }

    @Test func theNearestSizesThatItTakesAreFound() throws {
        let size = #"{"name": "T", "example": 5, "most": 16}"#
        let text = try Self.text("llama")
        #expect(text.contains(size))
        let longer = #"{"name": "T", "example": 5, "least": 5, "most": 16}"#
        let model = try Self.model(text.replacingOccurrences(of: size, with: longer))
        #expect(try model.inputTypes(near: 2, length: 3)["input_ids"]?.shape == [4, 6])
        #expect(throws: PluginHostError.self) { try model.inputTypes(batch: 2, length: 3) }
        #expect(try Self.model(text).inputTypes(near: 2, length: 40)["input_ids"]?.shape == [2, 16])
        let none = #"{"name": "T", "example": 5, "least": 9000}"#
        let refused = try Self.model(text.replacingOccurrences(of: size, with: none))
        #expect(throws: PluginHostError.self) { try refused.inputTypes(near: 2, length: 3) }
    }

    @Test func lossIsTracedWhereLabelsAre() throws {
        let model = try Self.model(Self.text("perceptron"))
        let types = try model.inputTypes(batch: 3, length: 4)
        #expect(types["labels"] == ValueType(.int64, [3]))
        #expect(try model.trace(inputs: types).outputNames.sorted() == ["logits", "loss"])
        let unlabelled = types.filter { $0.key != "labels" }
        #expect(try model.trace(inputs: unlabelled).outputNames == ["logits"])
    }

    static let faults: [(find: String, replace: String, says: String)] = [
        (#""format": 1"#, #""format": 2"#, "expected 1, found 2"),
        (#""op": "relu""#, #""op": "rely""#, #"operations[2] (rely)"#),
        (#""inputs": [0, "up.weight", "up.bias"]"#, #""inputs": [1, "up.weight"]"#, "expected an operation before it"),
        (#""inputs": [0, "up.weight", "up.bias"]"#, #""inputs": [0, "up.wait"]"#, #""up.wait" is no input"#),
        (#""shape": ["B", 9]}"#, #""shape": ["B", 8]}"#, "operations[0] (reshape"),
        (#""layout": "outFirst""#, #""layout": "sideways""#, "layout"),
        (#""name": "logits""#, #""name": "other""#, "logits"),
        (#""sizes": ["#, #""seizes": ["#, "seizes"),
        (#"{"name": "B""#, #"{"name": "b""#, "capital letters"),
        (#""shape": [6, 9]"#, #""shape": [6, 0]"#, "sizes of at least 1"),
        (#"{"name": "up.bias""#, #"{"name": "up.weight""#, "once among"),
        (
            #""constants": []"#,
            #""constants": [{"name": "c", "shape": [4611686018427387904, 4], "values": [1]}]"#,
            #"constant "c": expected as many values as [4611686018427387904, 4] has, found 1"#
        ),
    ]

    @Test(arguments: faults.indices)
    func whatIsWrongIsNamed(number: Int) throws {
        let fault = Self.faults[number]
        let text = try Self.text("perceptron")
        #expect(text.contains(fault.find))
        let broken = text.replacingOccurrences(of: fault.find, with: fault.replace)
        do {
            let model = try Self.model(broken)
            _ = try model.trace(inputs: model.inputTypes(batch: 2, length: 2))
            Issue.record("accepted")
        } catch {
            #expect("\(error)".contains(fault.says), "\(error)")
        }
    }

    /// What `ProgramDocument` writes is read again as the same program.
    @Test(arguments: names)
    func documentOfAProgramIsTheProgram(name: String) throws {
        let model = try Self.model(Self.text(name))
        let inputs = values(try expected(name), of: model)
        let program = try model.trace(inputs: inputs.mapValues(\.type))
        let json = try JSONEncoder().encode(ProgramDocument(program, name: name))
        let again = try Self.model(String(decoding: json, as: UTF8.self))
        let evaluator = Evaluator(try again.trace(inputs: inputs.mapValues(\.type)))
        try bind(evaluator, again)
        try evaluator.run(inputs: inputs)
        #expect(try evaluator.value(of: "logits").array == logits(name))
    }
}
