import Nowcasting

/// A nowcaster with what it needs to know of the model; one value serves any number of runs.
public struct RunNowcaster: Sendable {
    public let nowcaster: any Nowcaster
    /// Nil where the nowcaster needs no graph.
    public let graph: GraphInput?
    /// Tells nowcasters of one label apart, such as a check sum of the file that it was read from.
    public let identity: String
    /// What the nowcaster was trained on.
    public let stateKind: StateKind

    public init(_ nowcaster: any Nowcaster, graph: GraphInput?, identity: String, stateKind: StateKind = .snapshot) {
        self.stateKind = stateKind
        self.nowcaster = nowcaster
        self.graph = graph
        self.identity = identity
    }
}
