/// The same neurons in another arrangement.
extension Neurons {
    /// Equal parts of the last axis, as queries, keys and values that one weight makes.
    public func split(_ count: Int) throws -> [Neurons] {
        switch reading {
        case .graph(let graph, let stages):
            let parts = try Linear.split(stages[stages.count - 1], count)
            return parts.map { Neurons(graph, stages.dropLast() + [$0]) }
        case .trace(let forward, let value):
            let dims = try forward.shape(value)
            let width = dims[dims.count - 1] / count
            return try (0..<count).map {
                Neurons(forward, try forward.slice(value, axis: dims.count - 1, ($0 * width)..<(($0 + 1) * width)))
            }
        }
    }

    /// All axes but the first as one, channel slow: `[B, C, H, W]` → `[B, C · H · W]`. In the graph every channel is
    /// joined to its units; the pixels of an image are inputs themselves.
    public func flattened() throws -> Neurons {
        try read(
            graph: { _, stages in
                let channels = stages[0].current
                let pixels = stages.dropFirst().reduce(1) { $0 * ($1.axis?.size ?? 1) }
                guard pixels > 1, let axis = channels.axis else { return [channels] }
                let units = Stage("\(channels.name) flattened", axis.times(pixels))
                let isInput = channels.nodes == nil && channels.writer == nil && channels.pending == nil
                if !isInput { units.unflattened = channels }
                return [units]
            },
            trace: { forward, x in
                let dims = try forward.shape(x)
                return try forward.reshape(x, [dims[0], dims.dropFirst().reduce(1, *)])
            })
    }

    /// The pixels of an image as positions, row by row: `[B, C, H, W]` → `[B, H · W, C]`.
    public func asSequence() throws -> Neurons {
        try read(
            graph: { _, stages in
                let count = stages.dropFirst().reduce(1) { $0 * ($1.axis?.size ?? 1) }
                return [Stage("positions", Axis(fixed: count)), stages[0]]
            },
            trace: { forward, x in
                let dims = try forward.shape(x)
                return try forward.transpose(forward.reshape(x, [dims[0], dims[1], dims[2] * dims[3]]), [0, 2, 1])
            })
    }

    /// The last two axes exchanged: `[B, T, width]` → `[B, width, T]`.
    public func transposed() throws -> Neurons {
        try read(
            graph: { _, stages in stages.dropLast(2) + stages.suffix(2).reversed() },
            trace: { forward, x in
                let last = try forward.shape(x).count - 1
                return try forward.transpose(x, Array(0..<(last - 1)) + [last, last - 1])
            })
    }

    /// The same neurons at a position in front of the others: `[T, width]` before `[B, T', width]`, for all examples.
    public func before(_ sequence: Neurons) throws -> Neurons {
        switch (reading, sequence.reading) {
        case (.graph(let graph, let first), .graph(_, let others)):
            let count = first[0].axis.flatMap { first in others[0].axis.map { first.size + $0.size } }
            let positions = Stage("positions", count.map { Axis(fixed: $0) })
            return Neurons(graph, [positions, try graph.join(first[1], others[1])])
        case (.trace(let forward, let first), .trace(_, let others)):
            let all = try forward.expand(first, count: forward.shape(others)[0])
            return Neurons(forward, try forward.concat([all, others], axis: 1))
        default:
            throw PluginError(status: NINO_FAILED, message: "before: expected neurons of one network, found two")
        }
    }

    /// One position of a sequence, a negative one from the end: `[B, T, width]` → `[B, width]`.
    public func position(_ index: Int) throws -> Neurons {
        try read(
            graph: { _, stages in [stages[1]] },
            trace: { forward, x in
                let dims = try forward.shape(x)
                let place = index < 0 ? dims[1] + index : index
                return try forward.reshape(forward.slice(x, axis: 1, place..<(place + 1)), [dims[0], dims[2]])
            })
    }

    /// The mean over all positions: `[B, T, width]` → `[B, width]`.
    public func averagedOverPositions() throws -> Neurons {
        try read(graph: { _, stages in [stages[1]] }, trace: { try $0.op("mean", [$1], ["axes": .integers([1])]) })
    }

    /// The mean over all pixels: `[B, C, H, W]` → `[B, C]`.
    public func globalAveragePooled() throws -> Neurons {
        try read(graph: { _, stages in [stages[0]] }, trace: { try $0.globalAveragePool($1) })
    }

    /// Every window's mean or maximum: `[B, C, H, W]` → `[B, C, H', W']`.
    /// - Parameters:
    ///   - rule: mean or maximum.
    ///   - kernel: side of a window.
    ///   - stride: pixels from one window to the next; nil for the kernel.
    ///   - padding: pixels added on every side.
    public func pooled(_ rule: Pooling, kernel: Int, stride: Int? = nil, padding: Int = 0) throws -> Neurons {
        let stride = stride ?? kernel
        return try read(
            graph: { _, stages in
                stages.prefix(1)
                    + stages.dropFirst().map { side in
                        Stage(side.name, side.axis.map { Axis(fixed: ($0.size + 2 * padding - kernel) / stride + 1) })
                    }
            },
            trace: {
                let attributes: KeyValuePairs<String, Attribute> = [
                    "kernel": .integer(kernel), "stride": .integer(stride), "padding": .integer(padding),
                ]
                return try $0.op(rule == .mean ? "averagePool2d" : "maxPool2d", [$1], attributes)
            })
    }
}

/// What becomes of the pixels of a window.
public enum Pooling: Sendable {
    /// Their mean.
    case mean
    /// The largest.
    case maximum
}
