import Foundation
import TestSupport
import Testing

@Suite struct LibraryHeaderTests {
    private static let tags = ["[thread-safe]", "[one-thread]"]

    private func text(_ path: String) throws -> String {
        try String(contentsOf: BuiltProducts.repository.appendingPathComponent(path), encoding: .utf8)
    }

    private func header() throws -> String { try text("Sources/CNino/include/nino.h") }

    /// Names of the functions, and of those among them whose comment does not end in a known tag.
    private func functions(in header: String) throws -> (names: [String], untagged: [String]) {
        let start = try Regex(#"^(?:const |)[a-z0-9_]+ \*?(nino_\w+)\("#)
        let lines = header.components(separatedBy: "\n")
        var (names, untagged) = ([String](), [String]())
        for (number, line) in lines.enumerated() {
            guard !line.hasPrefix("typedef"), let match = line.firstMatch(of: start) else { continue }
            names.append(String(match.output[1].substring!))
            // The words of a comment, wherever its lines break.
            let comment = lines[..<number].suffix(3).joined(separator: " ").split(separator: " ").joined(separator: " ")
            if !Self.tags.contains(where: { comment.hasSuffix("\($0) */") }) { untagged.append(names.last!) }
        }
        return (names, untagged)
    }

    @Test func everyFunctionHasAThreadTag() throws {
        let (names, untagged) = try functions(in: header())
        #expect(names.count > 30 && untagged == [])
    }

    @Test func aMissingTagIsFound() throws {
        let broken = try header().replacingOccurrences(of: "Frees a session. NULL is allowed. [one-thread]", with: "")
        #expect(try functions(in: broken).untagged == ["nino_session_destroy"])
    }

    @Test func theLinkerMapExportsWhatTheHeaderDeclares() throws {
        let exported = try text("Sources/Library/library.map").split(separator: "\n")
            .map { $0.trimmingCharacters(in: .whitespaces) }.filter { $0.hasPrefix("nino_") }.map { $0.dropLast() }
        // The program's entry is no function of the library.
        #expect(Set(exported.map(String.init)) == Set(try functions(in: header()).names + ["nino_main"]))
    }

    @Test(arguments: ["c -std=c11", "c -std=c17", "c++ -std=c++11", "c++ -std=c++20"])
    func itCompilesBesideThePluginHeader(language: String) throws {
        let folder = TemporaryFolder()
        let source = folder.write("#include <nino.h>\n#include <nino_plugin.h>\nint x;\n", to: "both")
        let includes = ["CNino", "CNinoPlugin"].map { "-I Sources/\($0)/include" }.joined(separator: " ")
        let result = try Shell(
            "clang -fsyntax-only -Wall -Wextra -Werror -pedantic -x \(language) \(includes) \(source)",
            in: BuiltProducts.repository.path)
        #expect(result.status == 0, "\(result.output)")
    }
}
