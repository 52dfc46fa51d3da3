import Foundation
import TestSupport
import Testing

@Suite(.slow) struct GuideTests {
    private func text(_ path: String) throws -> String {
        try String(contentsOf: BuiltProducts.repository.appendingPathComponent(path), encoding: .utf8)
    }

    /// Runs in the repository, as its reader would, with an empty home.
    @Test func everyCommandPrintsWhatTheGuideSays() throws {
        let home = TemporaryFolder()
        let guide = Guide(
            try text("docs/new-architecture.md"), section: "# A new architecture in ten minutes")
        #expect(guide.steps.count > 8)
        let environment = ["HOME": home.path, "NINO_PLUGIN_PATH": ""]
        let differences = try guide.differences(in: BuiltProducts.repository.path, environment: environment)
        #expect(differences == [])

        // The SDK's article is a whole plugin too: it takes the place of the guide's.
        let package = home + "GatedMLP/"
        home.write(
            Guide.swift(of: try text("Sources/NinoPluginSDK/NinoPluginSDK.docc/FromStartToEnd.md")),
            to: "GatedMLP/Sources/GatedMLP/GatedMLP.swift")
        let manifest = package + "Sources/GatedMLPManifest/manifest.c"
        let names = try String(contentsOfFile: manifest, encoding: .utf8)
            .replacing("gatedmlp", with: "perceptron")
        home.write(names, to: "GatedMLP/Sources/GatedMLPManifest/manifest.c")
        home.write(
            #"{"model_type": "perceptron", "width": 5, "image_size": 3, "num_classes": 4}"#, to: "perceptron.json")
        let built = try Shell(
            "swift build -c release && ../.local/bin/nino graph --config ../perceptron.json --plugin-path "
                + ".build/release",
            in: package, environment: environment)
        #expect(built.status == 0, "\(built.output)")
        #expect(built.output.contains("plugin      org.example.perceptron\nparameters  74\n"))
    }

    @Test func wrongLinesAreFound() throws {
        let guide = Guide(
            """
            ### Else
            ```sh
            $ echo not run
            ```
            ### Guide
            ```sh
            $ echo one; echo two
            one
            two
            $ cd /tmp && X=1
            $ echo $PWD $X \\
               more
            /tmp 1 more
            $ seq 5
            1
            …
            5
            $ echo 3.25 s
            … s
            ```
            ```
            $ echo nor this
            ```
            """, section: "### Guide")
        #expect(
            guide.steps.map(\.command) == [
                "echo one; echo two", "cd /tmp && X=1", "echo $PWD $X \\\n   more", "seq 5", "echo 3.25 s",
            ])
        #expect(try guide.differences(in: "/", environment: [:]) == [])
        // Each of these steps prints something else.
        let wrong = Guide(
            """
            ### Wrong
            ```sh
            $ echo one; echo two
            one
            $ echo one
            two
            $ seq 5
            …
            4
            $ true
            one
            $ ls /nonexistent
            ```
            """, section: "### Wrong")
        #expect(try wrong.differences(in: "/", environment: [:]).count == wrong.steps.count)
    }
}
