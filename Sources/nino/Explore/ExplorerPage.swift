import Foundation
import PluginHost
import Presentation

/// One page on which the symmetries of a network can be tried.
struct ExplorerPage {
    let network: ExploredNetwork
    /// The model that was asked for.
    let asked: Model

    /// - Throws: `InputError` if the page cannot compute an operation of the network.
    func html() throws -> String {
        let known = Page.operations(definedIn: Page.explorerScripts)
        let explored = ExplorerData(network)
        if let unknown = explored.program.operations.first(where: { !known.contains($0.op) }) {
            throw InputError(
                "\(network.model.configuration.file): uses \(unknown.op), which a page cannot compute; a page knows "
                    + "the operations of docs/ops.md")
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let data = String(decoding: try encoder.encode(explored), as: UTF8.self)
        return Page(
            title: "Swap neurons of \(asked.title)", content: content, styles: ["explore/explore.css"],
            scripts: Page.explorerScripts, data: [("model", data)]
        ).html
    }

    private var content: String {
        let size = "\(grouped: network.model.parameters.count) parameters"
        let changes = network.changes.map { "\($0.key) \(grouped: $0.from) → \(grouped: $0.to)" }.joined(
            separator: ", ")
        let stand =
            network.changes.isEmpty
            ? "" : " The model is too large for a page; one of the same structure stands in for it: \(changes)."
        return """
            <h1>Swap neurons of \(escaped(asked.title))</h1>
            <p>Neurons have no order: two of them may change places, and the network still computes the same, if every \
            tensor that counts them is permuted alike. Try it: choose a group, swap a pair, and watch the output. Then \
            switch the compensation off and swap again. All is computed in this page, from \(escaped(size)).\
            \(escaped(stand))</p>
            \(Page.asset("explore/body.html"))
            <details><summary>About this page</summary>
            \(settingsTable(facts))
            </details>
            """
    }

    private var facts: [(name: String, value: String)] {
        [
            ("model", "\(asked.title), \(grouped: asked.parameters.count) parameters"),
            ("plugin", asked.architecture.plugin),
            ("computed in the page", "\(grouped: network.model.parameters.count) parameters"),
        ] + Provenance(version: HostVersion.text).rows
    }
}
