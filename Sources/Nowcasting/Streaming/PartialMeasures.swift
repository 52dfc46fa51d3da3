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
        let shares = options.ranks.shares(of: parts.count)
        let measures = Mutex([PartMeasures]())
        try TaskRunner().forEach(Array(shares[options.ranks.rank])) { index, scratch in
            if options.observer?.isStopped == true { throw NowcastError.stopped }
            let measure = try body(parts[index], scratch)
            measures.withLock { $0.append(PartMeasures(part: index, measures: measure)) }
        }
        let all = try measures.withLock { try PartMeasures.gather($0, horizons: sums, ranks: options.ranks) }
        return sum(parts.indices.map { all[$0]! }, count: sums)
    }

    /// Sum over the parts, of each measure by itself.
    static func sum(_ parts: [[ChangeMeasure]], count: Int) -> [ChangeMeasure] {
        (0..<count).map { index in .sum(parts.map { $0[index] }) }
    }
}

/// What one part of a nowcast measured, at each horizon.
struct PartMeasures {
    let part: Int
    let measures: [ChangeMeasure]

    /// The measures of all ranks, by part.
    static func gather(_ own: [PartMeasures], horizons: Int, ranks: any Communicator) throws -> [Int: [ChangeMeasure]] {
        let parts = try Array(ranks.allGather(own.map(\.part), padding: 0).joined())
        let measures = try Array(ranks.allGather(own.flatMap(\.measures), padding: ChangeMeasure()).joined())
        var all: [Int: [ChangeMeasure]] = [:]
        for (place, part) in parts.enumerated() {
            all[part] = Array(measures[(place * horizons)..<((place + 1) * horizons)])
        }
        return all
    }
}
