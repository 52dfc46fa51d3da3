import CKernels
import NeuralGraphs
import Tensors

/// Edges of a panel that go through the kernels together.
struct EdgeTile {
    var shape: nino_edge_tile_t
    var states: nino_edge_states_t
    /// Place of the first target in its panel.
    let firstTarget: Int
    /// Place of the first source in its panel.
    let firstPlace: Int

    var targets: Int { Int(shape.targets) }
    var fanIn: Int { Int(shape.fan_in) }
    var edges: Int { targets * fanIn }

    /// The same edges into one target: for what takes nothing from it.
    var joined: EdgeTile {
        EdgeTile(
            shape: nino_edge_tile_t(
                sources: shape.sources, targets: 1, fan_in: shape.targets * shape.fan_in, width: shape.width),
            states: states, firstTarget: firstTarget, firstPlace: firstPlace)
    }

    /// 256 rows of 128 numbers and their product stay in the second-level cache.
    static let largest = 256
    /// Sources of each target: enough that its sums are seldom stored, few enough that their terms stay in the
    /// first-level cache.
    static let largestFanIn = 64
}

/// What a panel of edges holds, computed from the raw states whenever it is needed.
extension StreamedNowcast {
    /// Scaled states of a panel; the worker's memory.
    func readStates(_ panel: EdgePanel, _ scratch: TileScratch) throws -> PanelStates {
        let stream = plan.streams[panel.stream]
        guard case .parameter(let scalars) = stream.values else { return .none }
        let length = StateHistory.contextLength
        let isTargetInner = scalars.targetsAreInner
        let (outer, inner) = isTargetInner ? (panel.fanIn, panel.targets.count) : (panel.targets.count, panel.fanIn)
        let states = PanelStates(
            channels: stream.channelCount, outer: outer, inner: inner, targetsAreInner: isTargetInner
        ) { scratch.floats(.channels, $0) }
        for slot in 0..<scalars.slots {
            try scalars.forEachPatch(of: panel, in: stream, slot: slot) { patch, row, column in
                for state in 0..<length {
                    let place = states.place(channel: slot * length + state, row: row, column: column)
                    try source.read(patch, state: state, into: place, stride: states.outerStride)
                }
            }
        }
        scaling.tensors[scalars.parameter].scale(
            states.values, rows: states.channels * outer, columns: inner, stride: states.outerStride)
        return states
    }

    /// Cuts a panel into tiles, in order.
    @inline(__always)
    func forEachTile(_ panel: EdgePanel, _ states: PanelStates, _ scratch: TileScratch, _ body: (EdgeTile) -> Void) {
        let stream = plan.streams[panel.stream]
        EdgeStream.forEachTile(targets: panel.targets, places: panel.places) { targets, places in
            let nodes = scratch.sources(EdgeTile.largest)
            stream.writeSources(targets: targets, places: places, into: nodes)
            let (target, place) = (
                targets.lowerBound - panel.targets.lowerBound, places.lowerBound - panel.places.lowerBound
            )
            body(
                EdgeTile(
                    shape: nino_edge_tile_t(
                        sources: nodes, targets: Int64(targets.count), fan_in: Int64(places.count),
                        width: Int64(width)),
                    states: states.view(target: target, place: place), firstTarget: target, firstPlace: place))
        }
    }

    /// Target terms of the first update with the constant of the stream's type: [targets, H]; the worker's memory.
    func inputTargetTerms(_ panel: EdgePanel, _ scratch: TileScratch) -> UnsafePointer<Float> {
        let (stream, update) = (plan.streams[panel.stream], layout.updates[0])
        let (constants, input) = (weights[update.constants] + stream.type * width, weights[update.input])
        let terms = scratch.floats(.targetTerms, panel.targets.count * width)
        let own = targetTerms[0].address + panel.targets.lowerBound * width
        for h in 0..<width {
            let constant =
                constants[h] + stream.constant * statesSum(input, column: h, width: width)
            for row in 0..<panel.targets.count { terms[row * width + h] = own[row * width + h] + constant }
        }
        return UnsafePointer(terms)
    }

    /// A tile's hidden edge vectors after `updates` (≥ 1) updates, and room for as many again; the worker's memory.
    ///
    /// - Parameter inputTerms: of the panel's targets.
    @inline(__always)
    func hiddenVectors(
        _ tile: inout EdgeTile, of panel: EdgePanel, updates: Int, inputTerms: UnsafePointer<Float>,
        _ scratch: TileScratch
    ) -> (hidden: UnsafeMutablePointer<Float>, spare: UnsafeMutablePointer<Float>) {
        var hidden = scratch.floats(.hidden, EdgeTile.largest * width)
        var spare = scratch.floats(.product, EdgeTile.largest * width)
        nino_edge_input_silu(
            &tile.shape, &tile.states, weights[layout.updates[0].input], sourceTerms[0].address,
            inputTerms + tile.firstTarget * width, hidden)
        for update in 1..<max(1, updates) {
            let terms = targetTerms[update].address + (panel.targets.lowerBound + tile.firstTarget) * width
            weights.updateProducts[update]!.multiplyWithSilu(
                tile, hidden, sourceTerms: sourceTerms[update].address, targetTerms: terms, into: spare, scratch)
            swap(&hidden, &spare)
        }
        return (hidden, spare)
    }
}
