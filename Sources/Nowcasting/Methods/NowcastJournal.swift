import Tensors

/// Remembers what is done, so that a nowcast after an interruption need not do it again. Called from several threads at
/// once.
public protocol NowcastJournal: Sendable {
    /// Keeps the node terms that the read-out starts from: these rows of arrays of one shape, [nodes, H].
    func save(_ terms: [Tensor], rows: Range<Int>)
    /// Fills in these rows of what was kept.
    ///
    /// - Returns: false if not all nodes were, by this rank or others.
    func restore(into terms: [Tensor], rows: [Range<Int>]) -> Bool
    /// What part `part` of the read-out, of which the sinks have everything, measured at each horizon; nil if it is
    /// still to be done.
    func measures(ofPart part: Int) -> [ChangeMeasure]?
    /// The sinks have everything of a part of the read-out.
    func finished(part: Int, _ measures: [ChangeMeasure])
}
