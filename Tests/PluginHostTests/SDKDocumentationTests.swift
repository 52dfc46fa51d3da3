import Foundation
import TestSupport
import Testing

/// What an author reads: every public symbol of the SDK has a comment, and the header alone names every op.
@Suite struct SDKDocumentationTests {
    /// Declarations without a comment above them: public ones, cases of public enumerations, requirements of public
    /// protocols.
    private func undocumented(in source: String) -> (declarations: Int, undocumented: [String]) {
        let declaration = /\s*public (?!extension)[a-z].*/
        let enumerationCase = /[ ]{4}case .*/
        let requirement = /[ ]{4}(static var|static func|func|var|init)\b.*/
        var (declarations, undocumented): (Int, [String]) = (0, [])
        var (comment, body) = ("", "")
        for line in source.split(separator: "\n", omittingEmptySubsequences: true).map(String.init) {
            if line.first?.isLetter == true { body = line }
            let isMember =
                body.hasPrefix("public enum") && line.wholeMatch(of: enumerationCase) != nil
                || body.hasPrefix("public protocol") && line.wholeMatch(of: requirement) != nil
            if isMember || line.wholeMatch(of: declaration) != nil {
                declarations += 1
                if !comment.hasPrefix("///") { undocumented.append(line.trimmingCharacters(in: .whitespaces)) }
            }
            comment = line.trimmingCharacters(in: .whitespaces)
        }
        return (declarations, undocumented)
    }

    private func sources() throws -> [String] {
        let folder = BuiltProducts.repository.appendingPathComponent("Sources/NinoPluginSDK")
        let files = try FileManager.default.subpathsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".swift") }
        return try files.map { try String(contentsOf: folder.appendingPathComponent($0), encoding: .utf8) }
    }

    @Test func everyPublicSymbolHasAComment() throws {
        let found = try sources().map(undocumented)
        #expect(found.reduce(0) { $0 + $1.declarations } > 150)
        #expect(found.flatMap(\.undocumented) == [])
    }

    @Test func aMissingCommentIsFound() throws {
        let bare = try sources().map {
            $0.split(separator: "\n").filter {
                !$0.contains("/// A row of a token table") && !$0.contains("/// Adds a group;")
            }.joined(separator: "\n")
        }
        #expect(
            bare.flatMap { undocumented(in: $0).undocumented }.sorted() == [
                "case tokenTable", "public func group(_ group: Group) throws {",
            ])
    }

    /// Ops of docs/ops.md that the header's list does not name.
    private func opsMissing(from header: String) throws -> [String] {
        let table = try String(
            contentsOf: BuiltProducts.repository.appendingPathComponent("docs/ops.md"), encoding: .utf8)
        let rows = table.split(separator: "\n").filter { $0.hasPrefix("| `") }
        let names = rows.flatMap { $0.split(separator: "|")[0].matches(of: /`(\w+)`/).map { String($0.output.1) } }
        #expect(names.count > 20)
        return try names.filter { try header.firstMatch(of: Regex("\n \\*   ([a-zA-Z2]+, )*\($0)[ ,]")) == nil }
    }

    @Test func headerNamesEveryOp() throws {
        let header = try String(
            contentsOf: BuiltProducts.repository.appendingPathComponent("Sources/CNinoPlugin/include/nino_plugin.h"),
            encoding: .utf8)
        #expect(try opsMissing(from: header) == [])
        #expect(try opsMissing(from: header.replacingOccurrences(of: " *   rmsNorm ", with: " *   ")) == ["rmsNorm"])
    }
}
