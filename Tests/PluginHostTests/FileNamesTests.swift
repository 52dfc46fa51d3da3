import PluginHost
import TestSupport
import Testing

@Suite struct FileNamesTests {
    /// Names without "hidden." may stand in a file; "head.weight" repeats "classes.weight".
    private func model() throws -> Model {
        try registry("TestRenamed").registry.model(for: configuration(perceptronConfig))
    }

    @Test func tiedTensorIsNoParameter() throws {
        let description = try model().description
        #expect(description.tied.map { [$0.name, $0.parameter] } == [["head.weight", "classes.weight"]])
        #expect(description.parameters.count == 4)
        #expect(description.prefixes == ["hidden."])
    }

    @Test func namesWithThePrefixStayAsTheyAre() throws {
        let names = try model().fileNames(
            in: "f", holding: ["hidden.weight", "hidden.bias", "classes.weight", "classes.bias"])
        #expect(names.allSatisfy { $0.key == $0.value })
        #expect(Set(names.keys) == ["hidden.weight", "hidden.bias", "classes.weight", "classes.bias", "head.weight"])
    }

    @Test func namesWithoutThePrefixAreMapped() throws {
        let names = try model().fileNames(in: "f", holding: ["weight", "classes.weight", "classes.bias"])
        #expect(names["hidden.weight"] == "weight")
        // Missing in the file, but it would be named likewise.
        #expect(names["hidden.bias"] == "bias")
        #expect(names["classes.weight"] == "classes.weight")
    }

    @Test(arguments: ["_orig_mod.", "module.", "module._orig_mod."])
    func wrapperIsBeforeAllNames(wrapper: String) throws {
        let names = try model().fileNames(
            in: "f", holding: ["weight", "bias", "classes.weight", "classes.bias"].map { wrapper + $0 })
        #expect(names["hidden.weight"] == wrapper + "weight")
        #expect(names["head.weight"] == wrapper + "head.weight")
        let some = try model().fileNames(in: "f", holding: [wrapper + "hidden.weight", "hidden.bias"])
        #expect(some["hidden.weight"] == "hidden.weight")
        #expect(try model().fileNames(in: "f", holding: [])["hidden.weight"] == "hidden.weight")
    }

    @Test(arguments: [["hidden.weight", "bias"], ["hidden.weight", "weight"]])
    func bothAtOnceIsAContradiction(names: [String]) throws {
        let error = #expect(throws: PluginHostError.self) { try model().fileNames(in: "f", holding: names) }
        #expect(error == .contradictingNames(file: "f", prefix: "hidden.", with: "hidden.weight", without: names[1]))
        #expect(
            error?.description
                == "f: expected all names with the prefix \"hidden.\" or all without it, found \"hidden.weight\" and "
                + "\"\(names[1])\""
        )
        #expect(error?.isPluginFault == false)
    }
}
