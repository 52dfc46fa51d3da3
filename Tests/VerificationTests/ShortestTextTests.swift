import Foundation
import TestSupport
import Testing
import Verification
import ZooSupport

/// Programs that hold from some length of the text on, or from some size of the batch.
@Suite struct ShortestTextTests {
    private func groups(_ sizes: (String) -> String = { $0 }) throws -> [Int] {
        let path = "Tests/Fixtures/traced/llama.nino.json"
        let text = try String(contentsOf: BuiltProducts.repository.appendingPathComponent(path), encoding: .utf8)
        let changed = sizes(text)
        let report = try Verifier(trials: 1).verify(Subject(Zoo.model(changed)), name: "llama")
        #expect(report.holds && report.caught == report.controls && report.controls > 0)
        return report.groups.map(\.size)
    }

    @Test(arguments: [
        (#"{"name": "T", "example": 5, "most": 16}"#, #"{"name": "T", "example": 7, "least": 6, "most": 16}"#),
        (#"{"name": "B", "example": 2}"#, #"{"name": "B", "example": 4, "least": 4}"#),
    ])
    func itsGroupsAreFoundAtSizesThatItTakes(size: String, longer: String) throws {
        let wanted = try groups()
        let found = try groups { text in
            #expect(text.contains(size))
            return text.replacingOccurrences(of: size, with: longer)
        }
        #expect(!wanted.isEmpty && found == wanted)
    }
}
