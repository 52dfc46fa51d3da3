/// Makes one network of several that were trained from one base. A new method is one conformance, in a file of its own.
public protocol Merger: Sendable {
    /// As `--method` calls it.
    var name: String { get }

    /// Merges, piece by piece.
    ///
    /// - Parameters:
    ///   - source: the base as state 0, then the models.
    ///   - models: how many, two at least.
    ///   - graph: of the model, for methods that need it.
    ///   - sink: gets the merged weights.
    /// - Throws: `setting` for another number of models than the method takes, `graphMissing`, `stopped`; what source
    ///   and sink throw.
    func merge(
        _ source: some StateSource, models: Int, graph: GraphInput?, into sink: any NowcastSink,
        options: NowcastOptions
    ) throws
}
