import Foundation
import NeuralGraphs
import PluginHost
import TestSupport
import Testing
import ZooSupport
import Derivation

@Suite struct DerivationTests {
    private func expectAgreement(_ model: Model) throws {
        let comparison = SymmetryComparison(claims: model.description.claims, derived: try DerivedSymmetries(model))
        #expect(comparison.notDerived.map { "\($0.claim): \($0.reason)" } == [])
        #expect(comparison.notClaimed.map(\.actsOn) == [])
        #expect(comparison.agreed == model.description.groups.filter { $0.size > 1 }.map(\.name))
    }

    /// The loops below are over what was found.
    @Test func allPluginsAreThere() {
        #expect(Zoo.registry.plugins.count == Zoo.pluginCount)
        #expect(Zoo.samples.count >= Zoo.architectureCount && Zoo.architectures.count >= Zoo.architectureCount)
    }

    @Test(arguments: Zoo.samples.filter { try! !Zoo.model($0).description.groups.isEmpty })
    func derivedGroupsAreTheClaimedOnesOfEverySample(sample: String) throws {
        try expectAgreement(Zoo.model(sample))
    }

    @Test(arguments: Zoo.architectures)
    func derivedGroupsAreTheClaimedOnesAtAnySize(name: String) throws {
        try expectAgreement(Zoo.model(named: name))
    }
}
