/// Some edges of a stream, target slow, place fast: their rows of 64 numbers and what the backward pass keeps beside
/// them stay in the second-level cache.
struct TrainingTile {
    let stream: TrainingGraph.Stream
    /// Nodes.
    let targets: Range<Int>
    /// Of each target's edges.
    let places: Range<Int>

    var edges: Int { targets.count * places.count }
    var firstTarget: Int { targets.lowerBound }

    static let largest = EdgeTile.largest

    /// Source node of every edge, and first scalar of every edge (of parameters).
    func write(sources: UnsafeMutablePointer<Int32>, addresses: UnsafeMutablePointer<Int32>) {
        stream.edges.writeSources(targets: targets, places: places, into: sources)
        guard stream.constant == nil else { return }
        let first = targets.lowerBound - stream.edges.targets.lowerBound
        for target in 0..<targets.count {
            let own = stream.targetAddresses[first + target]
            for (index, place) in places.enumerated() {
                addresses[target * places.count + index] = own + stream.placeAddresses[place]
            }
        }
    }
}
