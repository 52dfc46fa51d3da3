import NeuralGraphs

/// What the network is told of each node.
public struct NodeInput: Sendable, Equatable {
    /// Shape [nodes, 8]: any positional encoding, usually the graph's orbit encoding.
    public let encoding: [Float]
    /// `pos_w`, one number a node; used by networks with word positions only.
    public let words: [Int]

    public init(encoding: [Float], words: [Int]) {
        (self.encoding, self.words) = (encoding, words)
    }

    /// The graph's token words and its orbit encoding, or another one for comparison.
    public init(_ graph: NeuralGraph, encoding: [Float]? = nil) throws(NeuralGraphError) {
        if let encoding {
            self.init(encoding: encoding, words: graph.tokenWords)
        } else {
            self.init(encoding: try LaplacianPositionalEncoding(graph).values, words: graph.tokenWords)
        }
    }

    /// - Parameters:
    ///   - width: H.
    ///   - wordEmbedding: [words, H], or nil.
    /// - Throws: `encodingLength`, `wordCount`, `wordOutsideVocabulary`.
    func check(nodeCount: Int, width: Int, wordEmbedding: [Float]?) throws(NowcastError) {
        let length = nodeCount * LaplacianPositionalEncoding.width
        guard encoding.count == length else {
            throw .encodingLength(expected: length, found: encoding.count)
        }
        guard let wordEmbedding else { return }
        let limit = wordEmbedding.count / width
        guard words.count == nodeCount else { throw .wordCount(expected: nodeCount, found: words.count) }
        for (node, word) in words.enumerated() where !(0..<limit).contains(word) {
            throw .wordOutsideVocabulary(node: node, expectedBelow: limit, found: word)
        }
    }
}
