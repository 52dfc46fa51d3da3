import Foundation
import TestSupport
import Testing

import PluginHost

/// Files are told apart and manifests read without running anything, whatever stands in them.
@Suite struct PluginFileTests {
    private func bytes(_ product: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: BuiltProducts.library(product))))
    }

    /// - Returns: what is said of a file behind its name; nil if it is taken for a plugin.
    private func objection(_ bytes: [UInt8]) throws -> String? {
        let folder = TemporaryFolder()
        let file = folder + "plugin.so"
        try Data(bytes).write(to: URL(fileURLWithPath: file))
        return objection(file)
    }

    private func objection(_ file: String) -> String? {
        do throws(PluginHostError) {
            _ = try PluginFile(file)
            return nil
        } catch {
            return String(error.description.dropFirst(file.count + 2))
        }
    }

    @Test func otherTypesAreRefusedAtOnce() throws {
        let folder = TemporaryFolder()
        for name in ["folder", "pipe"] { try Tool.run(name == "pipe" ? "mkfifo" : "mkdir", "-m", "700", folder + name) }
        let expected = "cannot be loaded: expected a shared library, found "
        #expect(objection(folder + "folder") == expected + "a folder")
        #expect(objection(folder + "pipe") == expected + "a named pipe")
        #expect(try objection(Array("not a library".utf8)) == expected + "a file of another format")
        #expect(try objection([]) == expected + "a file of another format")
    }

    @Test func foreignMachineIsNamed() throws {
        var bytes = try bytes("TestPerceptron")
        #expect(try objection(bytes) == nil)
        // 243: RISC-V, on which nobody runs these tests yet.
        (bytes[18], bytes[19]) = (243, 0)
        let text = try objection(bytes)
        #expect(
            text?.hasPrefix("cannot be loaded: expected a shared library, found one for RISC-V (64 bits), and") == true)
        (bytes[18], bytes[16]) = (62, 2)
        #expect(try objection(bytes)?.hasSuffix("found another kind of ELF file") == true)
    }

    /// Every length a file may be cut to, and every byte of the header and of the tables it leads to changed: a
    /// verdict, never a crash, and never without an end.
    @Test func damagedFilesAreReadSafely() throws {
        let whole = try bytes("TestFalseManifest")
        let table = (0..<8).reversed().reduce(0) { $0 << 8 | Int(whole[40 + $1]) }
        var cases = stride(from: 0, to: whole.count, by: max(1, whole.count / 200)).map { Array(whole[..<$0]) }
        for index in Array(0..<64) + Array(stride(from: table, to: whole.count, by: 3)) {
            for value: UInt8 in [0, 0x7f, 0xff] {
                var changed = whole
                changed[index] = value
                cases.append(changed)
            }
        }
        #expect(cases.count > 1000)
        let folder = TemporaryFolder()
        let file = folder + "plugin.so"
        var refused = 0
        for bytes in cases {
            try Data(bytes).write(to: URL(fileURLWithPath: file))
            if objection(file) != nil { refused += 1 }
        }
        #expect(refused > 100 && refused < cases.count)
    }

    @Test func everyPluginOfTheZooHasAManifest() throws {
        let files = PluginDirectories(named: [], shared: [BuiltProducts.folder.path]).candidates().files
        let manifests = try files.map { try #require(try PluginFile($0).manifest) }
        #expect(manifests.count == 10)
        #expect(manifests.flatMap(\.modelTypes).count == 11)
        #expect(Set(manifests.map(\.id)).count == 10)
    }

    @Test func manifestNamesTheModelTypesItMayKnow() throws {
        let zoo = try PluginFile(BuiltProducts.library("NinoGPT2"))
        #expect(zoo.mayKnow("gpt2") && !zoo.mayKnow("llama") && zoo.mayKnow(nil))
        let without = try PluginFile(BuiltProducts.library("TestPerceptron"))
        #expect(without.manifest == nil && without.mayKnow("gpt2"))
    }

    @Test func manifestThatLacksAKeyIsRefused() throws {
        #expect(
            objection(BuiltProducts.library("TestBadManifest"))
                == "manifest: key \"model_types\": expected a list of lines of text, found nothing")
    }

    @Test func manifestThatSaysOtherThanTheTablesIsRefused() throws {
        let (registry, folder) = try registry("TestFalseManifest")
        #expect(
            registry.rejected.map(\.reason.description) == [
                "\(folder + "libTestFalseManifest.so"): manifest: key \"id\": expected what the plugin's tables say, "
                    + "\"test.perceptron\", found \"test.another\""
            ])
    }

    private func manifest(_ text: String) -> String? {
        do throws(PluginHostError) {
            _ = try PluginManifest(Array(text.utf8), file: "x.so")
            return nil
        } catch {
            return error.description
        }
    }

    @Test(arguments: [
        ("", "x.so: manifest: "),
        ("[]", "x.so: manifest: expected one JSON object, found something else"),
        ("{}\u{0}{}", "x.so: manifest: expected one JSON object, found something behind it"),
        (#"{"id": 3}"#, #"x.so: manifest: key "id": expected a line of text, found 3"#),
        (#"{"id": "a\nb"}"#, #"x.so: manifest: key "id": expected a line of text, found "a"#),
        (#"{"id": "a", "version": "1", "abi": "x"}"#, #"x.so: manifest: key "abi": expected "MAJOR.MINOR", found "x""#),
        (#"{"id": "a", "version": "1", "abi": "2.0"}"#, "x.so: ABI major expected 1, found 2"),
        (
            #"{"id": "a", "version": "1", "abi": "1.0", "model_types": [], "minimum_host": "9.0.0"}"#,
            "x.so: needs nino 9.0.0 or newer, found 1.0.0"
        ),
        (
            #"{"id": "a", "version": "1", "abi": "1.0", "model_types": [], "minimum_host": "new"}"#,
            #"x.so: manifest: key "minimum_host": expected a version like "1.0.0", found "new""#
        ),
    ])
    func badManifestIsToldByItsKey(text: String, reason: String) {
        #expect(manifest(text)?.hasPrefix(reason) == true, "\(manifest(text) ?? "taken")")
    }

    @Test func unknownKeysAndZerosAtTheEndDoNotMatter() {
        #expect(
            manifest(
                #"{"id": "a", "version": "1", "abi": "1.7", "model_types": ["b"], "later": {"x": [1]}}"# + "\u{0}\u{0}")
                == nil)
    }
}
