import Foundation
import PluginHost
import TestSupport
import Testing

/// Plugins in Swift that share the runtime of this process have to be of its compiler.
@Suite struct SwiftRuntimeTests {
    private static let mark = Data("swiftlang/llvm-project.git ".utf8)

    /// A copy of a plugin, with another commit of LLVM in the first `changed` places that name one.
    /// - Returns: what is said of it behind its name, nil if it is loaded; and how many places there are.
    private func objection(_ product: String, changed: Int) throws -> (text: String?, places: Int) {
        var data = try Data(contentsOf: URL(fileURLWithPath: BuiltProducts.library(product)))
        var (start, places) = (data.startIndex, 0)
        while let found = data.range(of: Self.mark, in: start..<data.endIndex) {
            if places < changed {
                for index in found.upperBound..<(found.upperBound + 12) { data[index] = UInt8(ascii: "0") }
            }
            (start, places) = (found.upperBound, places + 1)
        }
        let folder = TemporaryFolder()
        let file = folder + "plugin.so"
        try data.write(to: URL(fileURLWithPath: file))
        do throws(PluginHostError) {
            _ = try PluginLibrary(file: file)
            return (nil, places)
        } catch {
            return (String(error.description.dropFirst(file.count + 2)), places)
        }
    }

    @Test func aPluginOfAnotherCompilerIsRefusedByName() throws {
        let (text, places) = try objection("TestSoftplus", changed: .max)
        #expect(places >= 1)
        let expected = "cannot be loaded: expected a plugin built by the Swift compiler of "
        #expect(text?.hasPrefix(expected) == true, "\(text ?? "loaded")")
        #expect(text?.contains("found one built by another (LLVM 000000000000): build it with that one") == true)
    }

    @Test func aPluginOfThisCompilerIsLoaded() throws {
        #expect(try objection("TestSoftplus", changed: 0).text == nil)
    }
}
