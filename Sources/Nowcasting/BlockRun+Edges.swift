import CKernels
import NeuralGraphs
import Tensors

/// What a tile of edges holds, computed from the raw states whenever it is needed.
extension BlockRun {
    /// Scaled states of a tile.
    ///
    /// - Returns: [slots · 5, edges], slot the slower axis of channels; the worker's memory.
    func readStates(_ scalars: EdgeStream.Scalars, _ stream: EdgeStream, _ tile: EdgeTile, _ scratch: TileScratch) -> UnsafeMutablePointer<Float> {
        let length = StateHistory.contextLength
        let channels = scratch.floats(.channels, stream.channelCount * tile.edges)
        for slot in 0..<scalars.slots {
            scalars.forEachPatch(of: tile, in: stream, slot: slot) { patch, edge in
                for state in 0..<length {
                    source.read(patch, state: state, into: channels + (slot * length + state) * tile.edges + edge, stride: tile.fanIn)
                }
            }
        }
        let count = stream.channelCount * tile.edges
        scaling.tensors[scalars.parameter].scale(channels, rows: 1, columns: count, stride: count)
        return channels
    }

    /// Target terms of the first update with the constant of the stream's type: [targets, H]; the worker's memory.
    func inputTargetTerms(_ stream: EdgeStream, _ targets: Range<Int>, _ scratch: TileScratch) -> UnsafePointer<Float> {
        let update = network.updates[0]
        let terms = scratch.floats(.targetTerms, targets.count * width)
        let own = targetTerms[0].address + targets.lowerBound * width
        for h in 0..<width {
            let constant = update.constants[stream.type.rawValue * width + h] + stream.constant * statesSum(update.input, column: h, width: width)
            for row in 0..<targets.count { terms[row * width + h] = own[row * width + h] + constant }
        }
        return UnsafePointer(terms)
    }

    /// Calls `body` with a tile's hidden edge vectors after `updates` (≥ 1) updates, and room for as many again.
    @inline(__always)
    func withHidden(
        _ stream: EdgeStream, _ tile: EdgeTile, updates: Int, inputTerms: UnsafePointer<Float>, _ scratch: TileScratch,
        _ body: (UnsafePointer<nino_edge_tile_t>, _ hidden: UnsafeMutablePointer<Float>, _ spare: UnsafeMutablePointer<Float>) -> Void
    ) {
        var hidden = scratch.floats(.hidden, tile.edges * width)
        var spare = scratch.floats(.product, tile.edges * width)
        var channels = UnsafeMutablePointer<Float>(spare)
        if case .parameter(let scalars) = stream.values { channels = readStates(scalars, stream, tile, scratch) }
        scratch.withSources(tile.edges) { sources in
            stream.writeSources(of: tile, into: sources)
            var shape = nino_edge_tile_t(sources: sources, targets: Int64(tile.targets.count), fan_in: Int64(tile.fanIn), width: Int64(width))
            nino_edge_input_silu(
                &shape, channels, Int64(stream.channelCount), Int64(tile.edges), network.updates[0].input, sourceTerms[0].address, inputTerms, hidden)
            for update in 1..<max(1, updates) {
                tileProduct(rows: tile.edges, inner: width, columns: width, hidden, network.updates[update].input, into: spare)
                swap(&hidden, &spare)
                nino_edge_update_silu(
                    &shape, sourceTerms[update].address, targetTerms[update].address + tile.targets.lowerBound * width, hidden)
            }
            body(&shape, hidden, spare)
        }
    }
}
