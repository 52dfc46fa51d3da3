// swift-tools-version: 6.2
import PackageDescription

/// The SDK is a package of its own among nino's files; where they moved, NINO_SDK says where to.
let sdk = Context.environment["NINO_SDK"] ?? "@SDK@"

let package = Package(
    name: "MyNet",
    products: [.library(name: "MyNet", type: .dynamic, targets: ["MyNet"])],
    dependencies: [.package(name: "nino-sdk", path: sdk)],
    targets: [
        .target(
            name: "MyNetManifest", dependencies: [.product(name: "NinoPluginSDK", package: "nino-sdk")],
            publicHeadersPath: "."),
        .target(
            name: "MyNet",
            dependencies: ["MyNetManifest", .product(name: "NinoPluginSDK", package: "nino-sdk")],
            // Exports the entry and nothing else, and leaves no symbol undefined. lld, because the other linkers list
            // local symbols too.
            linkerSettings: [
                .unsafeFlags([
                    "-use-ld=lld", "-Xlinker", "--version-script=\(Context.packageDirectory)/plugin.map", "-Xlinker",
                    "-z", "-Xlinker", "defs",
                ])
            ]),
    ]
)
