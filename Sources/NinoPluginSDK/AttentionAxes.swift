/// The attention of one layer: its sizes, and how its groups act.
public struct AttentionAxes: Sendable {
    /// To be added to the model, in this order.
    public let groups: [Group]
    /// Head nodes of the graph, one for each query head.
    public let heads: Axis
    /// Rows of the query weight, and the query units.
    public let queries: Axis
    /// Rows of the key weight.
    public let keys: Axis
    /// Rows of the value weight.
    public let values: Axis
    /// Columns of the output weight, and the value units of each query head.
    public let outputs: Axis
    /// Number of query heads.
    public let headCount: Int
    /// Number of heads of keys and values, a divisor of `headCount`.
    public let kvHeadCount: Int
    /// Of one head: dimensions of its queries, of its keys and of its values.
    public let width: Int

    /// Each head has keys and values of its own, and nothing tells its dimensions apart: heads permute, in each head
    /// the query dimensions
    /// with the key dimensions, and the value dimensions.
    /// - Parameters:
    ///   - layer: its number, which makes the names of its groups distinct.
    ///   - headCount: number of heads.
    ///   - width: of one head.
    public init(layer: Int, heads headCount: Int, width: Int) {
        let head = Group("heads_\(layer)", size: headCount)
        let dimension = Group("qk_\(layer)", size: width, dependsOn: [head])
        let value = Group("v_\(layer)", size: width, dependsOn: [head])
        groups = [head, dimension, value]
        heads = Axis(head)
        queries = Axis([.group(head), .group(dimension)])
        keys = queries
        values = Axis([.group(head), .group(value)])
        outputs = values
        (self.headCount, kvHeadCount, self.width) = (headCount, headCount, width)
    }

    /// Several query heads share one head of keys and values, and a rotary embedding tells the query and key dimensions
    /// apart: key heads
    /// permute with their query heads, the query heads of a key head among themselves, and the value dimensions of a
    /// key head.
    /// - Parameters:
    ///   - layer: its number, which makes the names of its groups distinct.
    ///   - headCount: number of query heads.
    ///   - kvHeads: number of heads of keys and values, a divisor of `headCount`.
    ///   - width: of one head.
    public init(layer: Int, rotaryHeads headCount: Int, kvHeads: Int, width: Int) {
        let kv = Group("kv_\(layer)", size: kvHeads)
        let query = Group("group_\(layer)", size: headCount / kvHeads, dependsOn: [kv])
        let value = Group("v_\(layer)", size: width, dependsOn: [kv])
        groups = [kv, query, value]
        heads = Axis([.group(kv), .group(query)])
        queries = Axis([.group(kv), .group(query), .fixed(width)])
        keys = Axis([.group(kv), .fixed(width)])
        values = Axis([.group(kv), .group(value)])
        outputs = Axis([.group(kv), .group(query), .group(value)])
        (self.headCount, kvHeadCount, self.width) = (headCount, kvHeads, width)
    }
}
