/// One thing that is wrong, with the parameter, axis and edge block to blame as far as they are known.
public struct Failure: Codable, Sendable, Equatable {
    public enum Proof: String, Codable, Sendable {
        case structure, function, graph, nowcast, control
    }

    public let proof: Proof
    /// Names of the groups that do not act as claimed; empty if no group is at fault.
    public internal(set) var groups: [String]
    public private(set) var parameter: String?
    /// The parameter's axes in the grammar, where it matters.
    public let axis: String?
    public let edgeBlock: String?
    public let expected: String?
    public let found: String?
    /// The failure in one line, for people; the groups stand before it.
    public let message: String

    init(
        proof: Proof, groups: [String], message: String? = nil, parameter: String? = nil, axis: String? = nil,
        edgeBlock: String? = nil,
        expected: String? = nil, found: String? = nil
    ) {
        (self.proof, self.groups, self.parameter, self.axis, self.edgeBlock) = (
            proof, groups, parameter, axis, edgeBlock
        )
        (self.expected, self.found) = (expected, found)
        self.message =
            message
            ?? Self.sentence(parameter: parameter, axis: axis, edgeBlock: edgeBlock, expected: expected, found: found)
    }

    static func function(_ groups: [String], _ error: Double) -> Failure {
        changes(.function, groups, "the forward pass", error, FunctionProof.tolerance)
    }

    static func nowcast(_ groups: [String], _ error: Double) -> Failure {
        changes(.nowcast, groups, "the nowcast", error, NowcastProof.tolerance)
    }

    private static func changes(
        _ proof: Proof, _ groups: [String], _ what: String, _ error: Double, _ tolerance: Double
    ) -> Failure {
        Failure(
            proof: proof, groups: groups,
            message: "\(what) changes by \(ReportText.error(error)), expected at most \(ReportText.error(tolerance))")
    }

    /// The same for failures of layers that are alike.
    var pattern: String {
        let subject = parameter.map { "\($0) \(axis ?? "") \(edgeBlock ?? "") \(expected ?? "")" } ?? message
        return LayerPattern.of("\(proof.rawValue) \(groups.joined(separator: " ")) \(subject)")
    }

    func naming(parameter: String) -> Failure {
        var copy = self
        copy.parameter = parameter
        return copy
    }

    private static func sentence(
        parameter: String?, axis: String?, edgeBlock: String?, expected: String?, found: String?
    ) -> String {
        let what = [
            parameter.map { "parameter \($0)" }, axis.map { "axis \($0)" },
            edgeBlock == parameter ? nil : edgeBlock.map { "edge block \"\($0)\"" },
        ]
        return
            "\(what.compactMap { $0 }.joined(separator: ", ")): expected \(expected ?? "nothing"), found "
            + "\(found ?? "nothing")"
    }
}
