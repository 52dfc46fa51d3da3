import Presentation
import Tensors
import Testing

@Suite struct ExplorerScriptTests {
    @Test func thePageComputesEveryOperationOfTheHost() {
        let known = Page.operations(definedIn: Page.explorerScripts)
        #expect(Program.operationNames.count >= 27)
        for name in Program.operationNames { #expect(known.contains(name), "operations.\(name) in assets/explore") }
        #expect(!known.contains("custom.mish"))
    }
}
