/// One thing that is wrong, with the parameter, axis and edge block to blame as far as they are known.
public struct Failure: Codable, Sendable, Equatable {
    public enum Proof: String, Codable, Sendable {
        case structure, function, graph, nowcast, control
    }

    public let proof: Proof
    /// Names of the groups that do not act as claimed; empty if no group is at fault.
    public let groups: [String]
    public private(set) var parameter: String?
    /// The parameter's axes in the grammar, where it matters.
    public let axis: String?
    public let edgeBlock: String?
    public let expected: String?
    public let found: String?
    /// The failure in one line, for people.
    public let message: String

    init(
        proof: Proof, groups: [String], message: String? = nil, parameter: String? = nil, axis: String? = nil, edgeBlock: String? = nil,
        expected: String? = nil, found: String? = nil
    ) {
        (self.proof, self.groups, self.parameter, self.axis, self.edgeBlock) = (proof, groups, parameter, axis, edgeBlock)
        (self.expected, self.found) = (expected, found)
        self.message = message ?? Self.sentence(parameter: parameter, axis: axis, edgeBlock: edgeBlock, expected: expected, found: found)
    }

    func naming(parameter: String) -> Failure {
        var copy = self
        copy.parameter = parameter
        return copy
    }

    private static func sentence(parameter: String?, axis: String?, edgeBlock: String?, expected: String?, found: String?) -> String {
        let what = [parameter.map { "parameter \($0)" }, axis.map { "axis \($0)" }, edgeBlock == parameter ? nil : edgeBlock.map { "edge block \"\($0)\"" }]
        return "\(what.compactMap { $0 }.joined(separator: ", ")): expected \(expected ?? "nothing"), found \(found ?? "nothing")"
    }
}
