// swift-tools-version: 6.2
import PackageDescription

// What a plugin author depends on, as a package of its own: `make install` copies it to share/nino/sdk, and plugins
// outside this repository name it by path. No flags and no dependencies, so that it builds anywhere without a network.
let package = Package(
    name: "nino-sdk",
    products: [.library(name: "NinoPluginSDK", targets: ["NinoPluginSDK"])],
    targets: [
        .target(name: "CNinoPlugin", path: "CNinoPlugin", exclude: ["include/draft"]),
        .target(name: "NinoPluginSDK", dependencies: ["CNinoPlugin"], path: "NinoPluginSDK"),
    ]
)
