import Foundation
import Tensors
import Testing

@Suite struct OperationTableTests {
    private func table() throws -> String {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return try String(contentsOf: root.appendingPathComponent("docs/ops.md"), encoding: .utf8)
    }

    @Test func everyOperationIsInTheTable() throws {
        let rows = try table().split(separator: "\n").filter { $0.hasPrefix("| `") }
        for name in Program.operationNames {
            #expect(rows.contains { $0.prefix(45).contains("`\(name)`") }, "\(name) is missing")
        }
        #expect(!rows.contains { $0.contains("`swish`") })
    }
}
