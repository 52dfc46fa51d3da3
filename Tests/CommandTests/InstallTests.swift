import Foundation
import TestSupport
import Testing

@Suite(.slow) struct InstallTests {
    private func make(_ target: String, prefix: String, destination: String = "") throws -> Shell {
        try Shell("make -s \(target) PREFIX=\(prefix) DESTDIR=\(destination)", in: BuiltProducts.repository.path)
    }

    @Test func installedCommandNeedsNothingOfTheBuildFolder() throws {
        let folder = TemporaryFolder()
        let made = try make("install", prefix: folder + "prefix")
        #expect(made.status == 0, "\(made.output)")
        // Moved as a whole, so that nothing can lean on where it was built or installed. In this process, because the
        // loader's report is a file, and a child process may write none.
        let run = try Shell(
            """
            mv prefix moved && moved/bin/nino graph --config gpt2-tiny
            LD_DEBUG=libs LD_DEBUG_OUTPUT=$PWD/loads moved/bin/nino plugins --trust && cat loads.*
            """, in: folder.path)
        #expect(run.status == 0)
        #expect(run.output.contains("file         \(folder + "moved/lib/nino/libNinoMLP.so")"))
        #expect(run.output.contains("plugin      nino.gpt2"))
        #expect(run.output.contains("calling init: \(folder + "moved/lib/nino/libNinoMLP.so")"))
        #expect(!run.output.contains(BuiltProducts.repository.path + "/"))
    }

    @Test func useOfTheBuildFolderWouldBeSeen() throws {
        let folder = TemporaryFolder()
        let run = try Shell(
            "LD_DEBUG=libs LD_DEBUG_OUTPUT=$PWD/loads \(BuiltProducts.nino) plugins --trust && cat loads.*",
            in: folder.path)
        #expect(run.output.contains("calling init: \(BuiltProducts.repository.path)/"))
    }

    @Test func pkgConfigFindsHeaderPluginsAndSDK() throws {
        let folder = TemporaryFolder()
        #expect(try make("install", prefix: "/usr", destination: folder.path).status == 0)
        let run = try Shell(
            """
            echo '#include <nino_plugin.h>' | cc $(pkg-config --cflags nino) -fsyntax-only -xc - && ls $(pkg-config \
            --variable=sdkdir nino)/Package.swift \
            && ls $(pkg-config --variable=plugindir nino)/libNinoMLP.so && pkg-config --modversion nino
            """, in: folder.path, environment: ["PKG_CONFIG_PATH": folder + "usr/lib/pkgconfig"])
        #expect(run.status == 0, "\(run.output)")
        #expect(run.output.hasSuffix("1.0.0\n"))
    }

    @Test func aProgramInCFindsTheLibrary() throws {
        let folder = TemporaryFolder()
        #expect(try make("install", prefix: folder.path).status == 0)
        let source = BuiltProducts.repository.appendingPathComponent("Tests/Library/example.c").path
        let run = try Shell(
            "cc \(source) $(pkg-config --cflags --libs libnino) -lm -Wl,-rpath,$PWD/lib -o example && ./example",
            in: folder.path, environment: ["PKG_CONFIG_PATH": folder + "lib/pkgconfig"])
        #expect(run.status == 0 && run.output.hasSuffix(": 4 nowcasts\n"), "\(run.output)")
    }

    @Test func manualAndCompletionsAreInstalled() throws {
        let folder = TemporaryFolder()
        #expect(try make("install", prefix: folder.path).status == 0)
        for (file, text) in [
            ("man/man1/nino.1", ".TH NINO 1"), ("bash-completion/completions/nino", "_nino"),
            ("zsh/site-functions/_nino", "#compdef nino"), ("fish/vendor_completions.d/nino.fish", "explore"),
        ] {
            let bytes = TemporaryFolder.bytes(of: folder + "share/\(file)")
            #expect(String(decoding: bytes, as: UTF8.self).contains(text), "\(file)")
        }
    }

    @Test func uninstallLeavesWhatIsNotOurs() throws {
        let folder = TemporaryFolder()
        #expect(try make("install", prefix: folder.path).status == 0)
        folder.write("", to: "lib/nino/libTheirs.so")
        folder.write("", to: "bin/theirs")
        #expect(try make("uninstall", prefix: folder.path).status == 0)
        let rest = try Shell("find . ! -type d | sort", in: folder.path)
        #expect(rest.output == "./bin/theirs\n./lib/nino/libTheirs.so\n")
    }
}
