import Tensors

/// What ranks tell each other in a round of message passing.
extension StreamedNowcast {
    /// Tiles whose tasks lie with several ranks: each adds its parts to the sum of those before it and passes it on, so
    /// that sums are added in the order of the plan; who has the last part finishes the tile.
    func passSums(_ table: TileSumTable, inputCount: Int, finish: (_ tile: Int, _ whole: MessageSums) -> Void) throws {
        guard options.ranks.size > 1, let first = table.first, let last = table.last else { return }
        for tiles in first == last ? [first] : [first, last] {
            let own = table[tiles.lowerBound].own
            guard own.count < plan.targetTiles[tiles.lowerBound].tasks else { continue }
            var before: [MessageSums] = []
            if own.lowerBound > 0 {
                before = tiles.map { tile in
                    MessageSums(targets: plan.targetTiles[tile].targets.count, width: width, inputCount: inputCount)
                }
                let from = rank(withPlace: share.messages[rank].lowerBound - 1)
                try options.ranks.exchange(
                    sending: [], receiving: before.map { RankMessage(rank: from, bytes: $0.bytes) })
            }
            let sums = tiles.enumerated().map { table[$1].added(to: before.isEmpty ? nil : before[$0]) }
            if own.upperBound < plan.targetTiles[tiles.lowerBound].tasks {
                let to = rank(withPlace: share.messages[rank].upperBound)
                // The messages are their memory, which must outlive the exchange.
                try withExtendedLifetime(sums) {
                    try options.ranks.exchange(
                        sending: sums.map { RankMessage(rank: to, bytes: $0.bytes) }, receiving: [])
                }
            } else {
                for (tile, whole) in zip(tiles, sums) { finish(tile, whole) }
            }
        }
    }

    /// Rows of nodes go from the rank that computed them to those that need them.
    ///
    /// - Parameter states: [nodes, H].
    func shareRows(_ states: Tensor) throws {
        guard options.ranks.size > 1 else { return }
        func messages(from owner: Int, to reader: Int, partner: Int) -> [RankMessage] {
            share.needed[reader].intersection(share.owned[owner]).map { rows in
                let bytes = UnsafeMutableBufferPointer(
                    rebasing: states.values[(rows.lowerBound * width)..<(rows.upperBound * width)])
                return RankMessage(rank: partner, bytes: UnsafeMutableRawBufferPointer(bytes))
            }
        }
        let others = (0..<options.ranks.size).filter { $0 != rank }
        try options.ranks.exchange(
            sending: others.flatMap { messages(from: rank, to: $0, partner: $0) },
            receiving: others.flatMap { messages(from: $0, to: rank, partner: $0) })
    }

    private func rank(withPlace place: Int) -> Int { share.messages.firstIndex { $0.contains(place) }! }
}
