import Foundation
import TestSupport
import Testing

/// Tools/setup where there is no apt-get: a PATH of almost nothing.
@Suite struct SetupTests {
    private let folder = TemporaryFolder()

    private func setUp(with programs: [String]) throws -> Shell {
        try FileManager.default.createDirectory(atPath: folder + "bin", withIntermediateDirectories: true)
        for program in programs { folder.write("#!/bin/sh\nexit 0\n", to: "bin/\(program)") }
        return try Shell(
            """
            for tool in sh id; do ln -sf $(command -v $tool) bin/; done; chmod +x bin/*
            PATH=$PWD/bin \(BuiltProducts.repository.path)/Tools/setup libopenblas-dev 2>&1
            """, in: folder.path)
    }

    @Test(arguments: [
        ("dnf", "sudo dnf install openblas-devel libffi-devel libzip-devel zlib-devel"),
        ("pacman", "sudo pacman -S openblas libffi libzip zlib"),
        ("apk", "apk add openblas-dev libffi-dev libzip-dev zlib-dev"),
        ("brew", "brew install openblas libffi libzip zlib"),
    ])
    func theirPackagesAreNamed(manager: String, advice: String) throws {
        let run = try setUp(with: ["swift", manager])
        #expect(run.status == 1 && run.output.contains(advice), "\(run.output)")
    }

    @Test func nothingIsAskedForWhereTheLibrariesAre() throws {
        let run = try setUp(with: ["swift", "dnf", "pkg-config"])
        #expect(run.status == 0 && run.output.isEmpty, "\(run.output)")
    }

    @Test func aMissingToolchainIsSaidFirst() throws {
        let run = try setUp(with: ["dnf"])
        #expect(run.status == 1 && run.output.hasPrefix("nino needs a Swift 6.3 toolchain"))
    }
}
