import Foundation
import TestSupport
import Testing
import ZooSupport

/// The header is the contract: every function in it says who may call it, and from where.
@Suite struct HeaderTests {
    private static let tags = ["[thread-safe]", "[one-thread]", "[in-call]"]

    /// Names of functions whose comment does not end in a known tag.
    private func untagged(in header: String) throws -> (functions: Int, untagged: [String]) {
        let lines = header.components(separatedBy: "\n")
        let pointer = try Regex(#"\(\*(\w+)\)\("#)
        var functions = 0
        var untagged: [String] = []
        for (number, line) in lines.enumerated() {
            let name: String
            if let match = line.firstMatch(of: pointer) {
                name = String(match.output[1].substring!)
            } else if line.hasPrefix("NINO_EXPORT const") {
                name = "nino_plugin_entry"
            } else {
                continue
            }
            functions += 1
            let comment = lines[..<number].last { !$0.trimmingCharacters(in: .whitespaces).isEmpty } ?? ""
            if !Self.tags.contains(where: { comment.hasSuffix("\($0) */") }) { untagged.append(name) }
        }
        return (functions, untagged)
    }

    private func header() throws -> String {
        try String(
            contentsOf: BuiltProducts.repository.appendingPathComponent("Sources/CNinoPlugin/include/nino_plugin.h"),
            encoding: .utf8)
    }

    @Test func everyFunctionHasAThreadTag() throws {
        let (functions, untagged) = try untagged(in: header())
        #expect(functions > 20)
        #expect(untagged == [])
    }

    @Test func aMissingTagIsFound() throws {
        let broken = try header().replacing(try Regex(#"\[one-thread\] \*/(\s+int32_t \(\*recognize\))"#)) { match in
            "*/\(match.output[1].substring!)"
        }
        #expect(try untagged(in: broken).untagged == ["recognize"])
    }

    @Test func noLineIsLongerThan120() throws {
        #expect(try header().components(separatedBy: "\n").filter { $0.count > 120 } == [])
    }

    /// A plugin may be written in any of them; the manifest is found in what they make.
    @Test(arguments: [("c", "c11"), ("c", "c17"), ("c++", "c++11"), ("c++", "c++20")])
    func headerCompiles(language: String, standard: String) throws {
        let folder = TemporaryFolder()
        let source = #"""
            #include "nino_plugin.h"
            NINO_MANIFEST({"id": "a \"b\"", "model_types": ["\u00e9"]});
            """#
        folder.write(source + "\n", to: "plugin.txt")
        try Tool.run(
            "clang", "-x", language, "-std=\(standard)", "-Wall", "-Wextra", "-pedantic", "-Werror", "-c",
            "-I", BuiltProducts.repository.path + "/Sources/CNinoPlugin/include", folder + "plugin.txt",
            "-o", folder + "plugin.o")
        let object = try Data(contentsOf: URL(fileURLWithPath: folder + "plugin.o"))
        #expect(object.range(of: Data(#"{"id": "a \"b\"", "model_types": ["\u00e9"]}"#.utf8)) != nil)
    }

    private var releasedTables: URL {
        BuiltProducts.repository.appendingPathComponent("Tests/PluginHostTests/Listings/nino_plugin-1.txt")
    }

    /// docs/abi.md says what may be added; an addition is appended to the listing by hand.
    @Test func releasedTablesAreAsTheyWere() throws {
        let found = try HeaderListing(of: header()).text
        #expect(found.count { $0 == "\n" } > 150)
        #expect(try found == String(contentsOf: releasedTables, encoding: .utf8), "\(found)")
    }

    @Test(arguments: [
        // A field more, another type, another order, another number, another argument.
        ("    int64_t real_count;", "    int64_t real_count;\n    int64_t more;"),
        ("    float constant;", "    double constant;"),
        ("    uint32_t abi_major;\n    uint32_t abi_minor;", "    uint32_t abi_minor;\n    uint32_t abi_major;"),
        ("#define NINO_FAN 1", "#define NINO_FAN 2"),
        ("void (*destroy)(nino_architecture_t *architecture)", "int32_t (*destroy)(nino_architecture_t *architecture)"),
    ])
    func changeOfATableIsSeen(line: String, changed: String) throws {
        let header = try header()
        #expect(header.contains(line))
        let listing = try HeaderListing(of: header.replacingOccurrences(of: line, with: changed)).text
        #expect(try listing != String(contentsOf: releasedTables, encoding: .utf8))
    }
}

/// Adding an architecture touches its folder and Package.swift: nothing in the host knows one by name.
@Suite struct HostIndependenceTests {
    /// Host sources that hold one of the words as a string literal.
    private func sources(naming words: [String]) throws -> [String] {
        let root = BuiltProducts.repository.appendingPathComponent("Sources")
        let files = FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil)!.compactMap { $0 as? URL }
            .filter { $0.pathExtension == "swift" }
        #expect(files.count > 50)
        return try files.filter { file in
            guard !file.path.contains("Training/Tasks") else { return false }
            let text = try String(contentsOf: file, encoding: .utf8)
            return words.contains { text.contains("\"\($0)\"") }
        }.map(\.lastPathComponent)
    }

    @Test func noHostSourceNamesAnArchitecture() throws {
        // What was traced is a file format of the host, and no architecture.
        let architectures = Zoo.registry.plugins.flatMap(\.architectures).filter { !$0.sampleConfigurations.isEmpty }
        let modelTypes = architectures.flatMap(\.modelTypes)
        #expect(modelTypes.count == Zoo.architectureCount + 1)
        #expect(try sources(naming: modelTypes) == [])
    }

    @Test func aNameWouldBeFound() throws {
        #expect(try sources(naming: ["model_type"]) != [])
    }
}

@Suite struct ExportTests {
    private func exportedSymbols(_ file: String) throws -> [String] {
        try Tool.run("nm", "-D", "--defined-only", file).split(separator: "\n").map {
            String($0.split(separator: " ").last!)
        }
    }

    @Test func pluginsExportTheirEntryAndNothingElse() throws {
        let files = Zoo.registry.plugins.map(\.file)
        #expect(files.count == Zoo.pluginCount)
        for file in files { #expect(try exportedSymbols(file) == ["nino_plugin_entry"], "\(file)") }
    }

    @Test func moreSymbolsWouldBeSeen() throws {
        // Built without the linker map, and loaded all the same.
        #expect(try exportedSymbols(BuiltProducts.library("TestNoSymbol")).contains("nino_plugin_enter"))
    }
}
