import Synchronization

/// What the parts of a nowcast measure, added up in their order.
enum PartialMeasures {
    /// Runs a task for each part.
    ///
    /// - Parameter body: returns `sums` measures.
    /// - Throws: `stopped`, and what `body` throws.
    static func collect<Part>(
        _ parts: [Part], sums: Int, _ options: NowcastOptions, _ body: (Part, TileScratch) throws -> [ChangeMeasure]
    ) throws -> [ChangeMeasure] {
        let measures = Mutex([[ChangeMeasure]](repeating: [], count: parts.count))
        try TaskRunner().forEach(Array(parts.enumerated())) { numbered, scratch in
            if options.observer?.isStopped == true { throw NowcastError.stopped }
            let measure = try body(numbered.element, scratch)
            measures.withLock { $0[numbered.offset] = measure }
        }
        return measures.withLock { sum($0, count: sums) }
    }

    /// Sum over the parts, of each measure by itself.
    static func sum(_ parts: [[ChangeMeasure]], count: Int) -> [ChangeMeasure] {
        (0..<count).map { index in .sum(parts.map { $0[index] }) }
    }
}
