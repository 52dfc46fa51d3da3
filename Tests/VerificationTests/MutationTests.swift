import NeuralGraphs
import TestSupport
import Testing
import Verification
import ZooSupport

/// Things put wrong automatically, in the claims and graphs of every sample of the zoo: the verification must notice.
///
/// What counts: every wrong claim about a tensor or a node block, and every mutant whose graph is refused or no longer
/// follows the true groups. The latter is decided without the proofs under test, by a search for any relabelling of the
/// nodes; a mutant whose edges still follow every group is no error that a symmetry could show (a norm moved to another
/// place on the stream, queries and keys exchanged, another edge type) and is left out for that reason alone.
@Suite(.slow) struct MutationTests {
    static let mutantsOfAKind = 6

    @Test(arguments: Zoo.samples)
    func everyMutationThatBreaksASymmetryIsCaught(sample: String) throws {
        let original = try Subject(Zoo.model(sample))
        var verifier = Verifier(trials: 1)
        verifier.runsControls = false
        var (refused, caught, harmless, missed) = (0, 0, 0, [String]())
        for mutant in Mutant.sample(of: original, limit: Self.mutantsOfAKind, seed: 4) {
            let subject: Subject
            do {
                subject = try mutant.subject()
            } catch is NeuralGraphError {
                refused += 1
                continue
            }
            #expect(
                subject.claims != original.claims || subject.graph.nodeBlocks != original.graph.nodeBlocks
                    || subject.graph.edgeBlocks != original.graph.edgeBlocks)
            if try mutant.mayBeHarmless && isEquivariant(subject.graph, under: original.claims) {
                harmless += 1
            } else if try verifier.verify(subject, name: mutant.kind).holds {
                missed.append("\(mutant.kind): \(mutant.place)")
            } else {
                caught += 1
            }
        }
        let wrong = refused + caught + missed.count
        print(
            "\(original.model.architecture.plugin): \(refused + caught) of \(wrong) mutations caught (\(refused) "
                + "refused when made, \(caught) by the proofs), \(harmless) more follow every group"
        )
        #expect(missed.isEmpty, "\(missed)")
        #expect(wrong >= 20)
    }

    private func isEquivariant(_ graph: NeuralGraph, under claims: Symmetries) throws -> Bool {
        try GraphFileVerifier.isEquivariant(
            EdgeList(graph), words: graph.tokenWords, parameters: graph.parameters, under: claims, trials: 2, seed: 11)
    }
}
