import Testing
import Verification
import ZooSupport

/// Right models whose controls cannot all be caught: channels of a transposed convolution that are averaged.
@Suite struct OpenControlTests {
    /// - Parameters:
    ///   - inputs: of the convolution.
    ///   - operations: between the convolution and the mean.
    private func verify(inputs: [String], _ operations: [String] = []) throws -> VerificationReport {
        let shapes = ["up.weight": "[3, 5, 2, 2]", "up.bias": "[5]"]
        let parameters = inputs.map {
            #"{"name": "\#($0)", "shape": \#(shapes[$0]!), "initialization": {"kind": "normal", "a": 0, "b": 1}}"#
        }
        let names = (["pixels"] + inputs).map { "\"\($0)\"" }.joined(separator: ", ")
        let last = operations.count
        let all =
            [#"{"op": "convTranspose2d", "inputs": [\#(names)], "attributes": {"stride": 2}}"#]
            + operations.enumerated().map { #"{"op": "\#($1)", "inputs": [\#($0)]}"# } + [
                #"{"op": "mean", "inputs": [\#(last)], "attributes": {"axes": [1]}}"#,
                #"{"op": "reshape", "inputs": [\#(last + 1)], "attributes": {"shape": ["B", 64]}}"#,
            ]
        let model = try Zoo.model(
            """
            {"model_type": "traced", "format": 1, "sizes": [{"name": "B", "example": 2}],
             "inputs": [{"name": "pixels", "type": "float32", "shape": ["B", 3, 4, 4]}],
             "parameters": [\(parameters.joined(separator: ", "))], "buffers": [], "ignored": [], "tied": [],
             "constants": [], "operations": [\(all.joined(separator: ", "))],
             "outputs": [{"name": "logits", "value": \(last + 2)}]}
            """)
        return try Verifier(trials: 1).verify(Subject(model), name: "averaged")
    }

    /// Where the group acts at one place, to leave that out is the element that moves nothing.
    @Test func onePlaceAloneHasNoControl() throws {
        let report = try verify(inputs: ["up.weight"])
        #expect(report.groups.map(\.size) == [5])
        #expect(report.holds && report.inconclusive.isEmpty && report.inert.isEmpty)
        #expect(report.caught == report.controls && report.controls > 0)
    }

    /// Weights and biases may be permuted apart, since both are averaged: nothing shows that one was left out, though
    /// the output depends on it. That is said, and is no failure.
    @Test func whatNothingShowsIsOpen() throws {
        let report = try verify(inputs: ["up.weight", "up.bias"])
        #expect(report.holds && report.caught == report.controls)
        let place = report.groups[0].group!
        #expect(report.inconclusive == ["up.weight", "up.bias"].map { "function: \(place) left out at \($0)" })
    }

    /// With a ReLU between them they belong together, and both controls are caught.
    @Test func whatShowsIsCaught() throws {
        let (open, closed) = try (
            verify(inputs: ["up.weight", "up.bias"]), verify(inputs: ["up.weight", "up.bias"], ["relu"])
        )
        #expect(closed.holds && closed.inconclusive.isEmpty && closed.caught == closed.controls)
        #expect(closed.controls == open.controls + 2)
    }
}
