import Foundation
import TestSupport
import Testing

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
        let broken = try header().replacingOccurrences(
            of: "[one-thread] */\n  int32_t (*recognize)", with: "*/\n  int32_t (*recognize)")
        #expect(try untagged(in: broken).untagged == ["recognize"])
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
        #expect(try sources(naming: ["mlp", "cnn", "gpt2", "llama", "qwen3", "vit", "torchvision_vit", "bert"]) == [])
    }

    @Test func aNameWouldBeFound() throws {
        #expect(try sources(naming: ["model_type"]) != [])
    }
}

@Suite struct ExportTests {
    private func exportedSymbols(_ library: String) throws -> [String] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["nm", "-D", "--defined-only", BuiltProducts.library(library)]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let output = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        return String(decoding: output, as: UTF8.self).split(separator: "\n").map {
            String($0.split(separator: " ").last!)
        }
    }

    @Test(arguments: ["NinoMLP", "NinoCNN", "NinoGPT2", "NinoLlama3", "NinoQwen3", "NinoViT"])
    func pluginExportsItsEntryAndNothingElse(library: String) throws {
        #expect(try exportedSymbols(library) == ["nino_plugin_entry"])
    }

    @Test func moreSymbolsWouldBeSeen() throws {
        // Built without the linker map, and loaded all the same.
        #expect(try exportedSymbols("TestNoSymbol").contains("nino_plugin_enter"))
    }
}
