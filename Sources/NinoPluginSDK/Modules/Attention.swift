/// Attention of queries over keys and values, softmax(scale · q kᵀ) v in each head: its sizes, and how its groups act.
///
/// It has no tensors. Queries, keys and values are what a ``Linear`` made of one stream, with or without norms and a
/// rotary embedding; its result is for the ``Linear`` that leads back to the stream.
public struct Attention: Sendable {
    /// Rows of the query weight.
    public let queries: Axis
    /// Rows of the key weight.
    public let keys: Axis
    /// Rows of the value weight.
    public let values: Axis
    /// Columns of the output weight: the value dimensions of each query head.
    public let outputs: Axis
    /// Of one head: dimensions of its queries, of its keys and of its values.
    public let width: Int
    let heads: Axis
    let headCount, kvHeadCount: Int
    private let isCausal: Bool
    private let scale: Double?

    /// Says how many heads there are, and which of their dimensions are alike.
    ///
    /// Heads permute, and in each head the value dimensions, and the query with the key dimensions where no rotary
    /// embedding tells them apart. Where several query heads share one head of keys and values, key heads permute with
    /// their query heads, and the query heads of a key head among themselves.
    /// - Parameters:
    ///   - layer: its number, which makes the names of its groups distinct.
    ///   - heads: number of query heads.
    ///   - kvHeads: number of heads of keys and values, a divisor of `heads`; nil where each query head has its own.
    ///   - width: of one head.
    ///   - isRotary: a rotary embedding turns queries and keys.
    ///   - isCausal: position t sees the positions up to t, not all.
    ///   - scale: of the products; nil for 1 / √width.
    public init(
        layer: Int, heads: Int, kvHeads: Int? = nil, width: Int, isRotary: Bool = false, isCausal: Bool = false,
        scale: Double? = nil
    ) {
        let outer = kvHeads.map { Group("kv_\(layer)", size: $0) } ?? Group("heads_\(layer)", size: heads)
        let query = kvHeads.map { Group("group_\(layer)", size: heads / $0, dependsOn: [outer]) }
        let head: [Axis.Factor] = [.group(outer)] + (query.map { [.group($0)] } ?? [])
        let dimension: Axis.Factor =
            isRotary ? .fixed(width) : .group(Group("qk_\(layer)", size: width, dependsOn: [outer]))
        let value = Axis.Factor.group(Group("v_\(layer)", size: width, dependsOn: [outer]))
        self.heads = Axis(head)
        queries = Axis(head + [dimension])
        keys = Axis([.group(outer), dimension])
        values = Axis([.group(outer), value])
        outputs = Axis(head + [value])
        (self.width, headCount, kvHeadCount) = (width, heads, kvHeads ?? heads)
        (self.isCausal, self.scale) = (isCausal, scale)
    }

    /// `[B, T, heads · width]` of queries `[B, T, heads · width]`, keys and values `[B, T, kvHeads · width]`.
    public func callAsFunction(_ query: Neurons, _ key: Neurons, _ value: Neurons) throws -> Neurons {
        switch (query.reading, key.reading, value.reading) {
        case (.graph(let graph, let queries), .graph(_, let keys), .graph(_, let values)):
            let units = try lay(graph, [queries, keys, values].map { $0[$0.count - 1] })
            return Neurons(graph, queries.dropLast() + [units])
        case (.trace(let forward, let query), .trace(_, let key), .trace(_, let value)):
            return Neurons(
                forward,
                try forward.op(
                    "attention", [query, key, value],
                    [
                        "heads": .integer(headCount), "kvHeads": .integer(kvHeadCount),
                        "causal": .integer(isCausal ? 1 : 0),
                        "scale": .real(scale ?? 1 / Double(width).squareRoot()),
                    ]))
        default:
            throw PluginError(status: NINO_FAILED, message: "attention: expected neurons of one network, found two")
        }
    }
}
