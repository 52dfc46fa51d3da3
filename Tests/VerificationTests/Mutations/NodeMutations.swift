import NeuralGraphs
import Verification

/// Wrong claims about one node block.
struct NodeMutations {
    let subject: Subject

    init(_ subject: Subject) {
        self.subject = subject
    }

    var all: [Mutant] {
        subject.graph.nodeBlocks.enumerated().flatMap { index, block -> [Mutant] in
            guard let axis = block.axis else { return [] }
            return subject.wrongAxes(axis).map { wrong in
                var blocks = subject.graph.nodeBlocks
                blocks[index] = NodeBlock(
                    name: block.name, first: block.first, count: block.count, axis: wrong.axis,
                    isTokenTable: block.isTokenTable)
                return Mutant(kind: "nodes: \(wrong.kind)", place: block.name, mayBeHarmless: false) { [subject] in
                    try subject.with(nodeBlocks: blocks)
                }
            }
        }
    }
}
