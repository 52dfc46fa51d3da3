// swift-tools-version: 6.2
import PackageDescription

// Targets stand in dependency order; each may depend only on those above it.

/// A plugin is a dynamic library that exports `nino_plugin_entry` and nothing else.
/// A new architecture is a folder under Plugins/ and one line in this list. `manifest.c` in it is a target of its own,
/// because Swift cannot write text into a section of the library.
let plugins = [
    "MLP",
    "CNN",
    "GPT2",
    "Llama3",
    "Qwen3",
    "ViT",
    "BERT",
    "CLIP",
    "NanoGPT",
    "Traced",
]

/// Under a sanitizer (`make sanitize`) the program that loads a plugin has the sanitizer's functions, so a plugin alone
/// cannot have all that it calls.
let isSanitizing = Context.environment["NINO_SANITIZE"] != nil

/// What Swift code in a plugin calls of the thread sanitizer, and the compiler's list of what a program exports lacks.
let threadCalls = ["external_write", "ignore_thread_begin", "ignore_thread_end"]
let programLinker: [LinkerSetting] =
    Context.environment["NINO_SANITIZE"] == "thread"
    ? [.unsafeFlags(threadCalls.flatMap { ["-Xlinker", "--export-dynamic-symbol=__tsan_\($0)"] })] : []

// lld, because the other linkers list local symbols too in the dynamic table.
let pluginLinker: [LinkerSetting] = [
    .unsafeFlags(
        ["-Xlinker", "--version-script=\(Context.packageDirectory)/Plugins/plugin.map", "-use-ld=lld"]
            + (isSanitizing ? [] : ["-Xlinker", "-z", "-Xlinker", "defs"]))
]

/// Test plugins in C: one that is right, and some with one defect each.
let testPlugins = [
    "Perceptron", "NoSymbol", "OtherMajor", "NullTable", "NullFunction", "NoDescriptor", "Twin", "WrongAxis",
    "OutsideScalar", "UnknownOp", "Renamed",
    "Mish", "BadSignature", "UndeclaredOp",
    // Hostile ones.
    "CrashOnLoad", "AbortInEntry", "NullDereference", "StackOverflow", "EndlessLoop", "ExitZero", "QuietExit",
    "OutputFlood", "MemoryFlood",
    "ForkChild", "IgnoresSignals", "ClosesDescriptors", "ForgedRecords", "ReachesOut", "KillsParent", "NotFinite",
    "HugeCount", "NotText",
    "TerminalCodes", "NullModel", "CrashInOp", "FalseClaim",
    // Other versions of the ABI.
    "Talkative", "NeedsNewerHost", "Newcomer", "FalseManifest", "BadManifest",
    // Ways out of a child process, and into the program.
    "Escapes", "SignalsByQueue", "TakesDescriptor", "ChangesProcess", "ChangesItsTrace", "HangsInRecognize",
]

/// Test plugins in Swift.
let swiftTestPlugins = ["Softplus", "ForwardOnly", "SwiftFatalError", "SwiftIndexOutOfRange", "SwiftRecursion"]

/// Architectures outside the zoo, to show that the SDK needs no change for them.
let examplePlugins = ["Mixer", "Phi"]

/// A plugin and its manifest.
let pluginTargets = plugins.flatMap { name -> [Target] in
    [
        .target(
            name: "\(name)Manifest", dependencies: ["CNinoPlugin"], path: "Plugins/\(name)", sources: ["manifest.c"],
            publicHeadersPath: "."),
        .target(
            name: "\(name)Plugin", dependencies: ["NinoPluginSDK", "CNinoPlugin", .target(name: "\(name)Manifest")],
            path: "Plugins/\(name)", exclude: ["manifest.c"], linkerSettings: pluginLinker),
    ]
}

let testPluginTargets: [Target] = testPlugins.map { name in
    .target(
        name: "Test\(name)", dependencies: ["CNinoPlugin"], path: "Tests/BrokenPlugins/\(name)", publicHeadersPath: ".")
}

let swiftTestPluginTargets: [Target] = swiftTestPlugins.map { name in
    .target(
        name: "Test\(name)", dependencies: ["NinoPluginSDK", "CNinoPlugin"], path: "Tests/BrokenPlugins/\(name)",
        linkerSettings: pluginLinker)
}

let examplePluginTargets: [Target] = examplePlugins.map { name in
    .target(
        name: "Test\(name)", dependencies: ["NinoPluginSDK", "CNinoPlugin"], path: "Tests/ExamplePlugins/\(name)",
        linkerSettings: pluginLinker)
}

let package = Package(
    name: "nino",
    products: [
        .executable(name: "nino", targets: ["nino"]),
        .library(name: "NinoPluginSDK", targets: ["NinoPluginSDK"]),
        // The objects of libnino.so, which the Makefile links.
        .library(name: "NinoLibrary", type: .static, targets: ["Library"]),
    ]
        + plugins.map { .library(name: "Nino\($0)", type: .dynamic, targets: ["\($0)Plugin"]) }
        + (testPlugins + swiftTestPlugins + examplePlugins).map {
            .library(name: "Test\($0)", type: .dynamic, targets: ["Test\($0)"])
        },
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
    ],
    targets: [
        // The contract between host and plugins: one C header.
        .target(name: "CNinoPlugin", exclude: ["include/draft"]),
        // What a plugin author imports.
        .target(name: "NinoPluginSDK", dependencies: ["CNinoPlugin"]),

        // Strict reading of JSON text.
        .target(name: "JSONText"),

        // System libraries.
        .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
        .systemLibrary(name: "CFFI", pkgConfig: "libffi", providers: [.apt(["libffi-dev"])]),
        .systemLibrary(name: "CZip", pkgConfig: "libzip", providers: [.apt(["libzip-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),

        // Vectorized element-wise loops, compiled for several instruction sets.
        .target(
            name: "CKernels",
            cSettings: [.unsafeFlags(["-O3", "-ffp-contract=fast-honor-pragmas", "-fno-math-errno"])]),
        // Dense tensors, OpenBLAS, the differentiable op set.
        .target(name: "Tensors", dependencies: ["CKernels", "COpenBLAS"]),
        // Node blocks, edge blocks, axis grammar, positional encoding.
        .target(name: "NeuralGraphs", dependencies: ["Tensors"]),
        // safetensors, torch archives, histories, atomic writing.
        .target(name: "Checkpoints", dependencies: ["CZip", "CZlib", "JSONText"]),
        // Styles and scripts of pages, as bytes of the program.
        .target(name: "CPages", exclude: ["assets"], cSettings: [.unsafeFlags(["-Wno-c23-extensions"])]),
        // How results are shown: numbers, tables, charts, pages.
        .target(name: "Presentation", dependencies: ["CPages"]),
        // The checkpoint that ships, as bytes of the program.
        .target(name: "CPretrained", exclude: ["nino.safetensors"], cSettings: [.unsafeFlags(["-Wno-c23-extensions"])]),
        // NiNo, WNN+, line fit, the schedule, the optimizer wrapper.
        .target(
            name: "Nowcasting",
            dependencies: ["JSONText", "Tensors", "NeuralGraphs", "Checkpoints", "CKernels", "CPretrained"]),
        // Child processes that cannot do harm: spawning, limits, a system call filter.
        .target(name: "CIsolation"),
        // Discovery, dlopen, ABI negotiation, recognition of configs, custom ops.
        .target(
            name: "PluginHost",
            dependencies: ["CNinoPlugin", "CFFI", "CIsolation", "JSONText", "Tensors", "NeuralGraphs", "Checkpoints"]),
        // Symmetries and graphs derived from a forward pass.
        .target(name: "Derivation", dependencies: ["Tensors", "NeuralGraphs", "PluginHost"]),
        // The three proofs with their controls.
        .target(
            name: "Verification",
            dependencies: [
                "JSONText", "Presentation", "Tensors", "NeuralGraphs", "Nowcasting", "PluginHost", "Derivation",
            ]),
        // Base optimizers, data sets, tasks, the loop, metrics, reports.
        .target(
            name: "Training",
            dependencies: [
                "CKernels", "CZlib", "JSONText", "Presentation", "Tensors", "NeuralGraphs", "Checkpoints", "Nowcasting",
                "PluginHost",
            ]),
        // What connects the ranks of a job, as the command line loads it; Sources/NinoMPI is built by make mpi.
        .target(name: "CRanks"),
        // The host as a C library: its header, and its functions on the modules above.
        .target(name: "CNino"),
        .target(
            name: "Library",
            dependencies: [
                "CNino", "CKernels", "Tensors", "NeuralGraphs", "Checkpoints", "Nowcasting", "PluginHost", "Derivation",
            ], exclude: ["library.map"]),
        // The command line, one file a command.
        .executableTarget(
            name: "nino",
            dependencies: [
                "CZlib", "CRanks", "CKernels", "JSONText", "Presentation", "Tensors", "NeuralGraphs", "Checkpoints",
                "Nowcasting", "PluginHost", "Derivation", "Verification", "Training",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ], linkerSettings: programLinker),

        // Tests mirror Sources.
        .target(
            name: "TestSupport", dependencies: ["CZip", "Tensors", "NeuralGraphs", "Nowcasting"],
            path: "Tests/TestSupport"),
        .testTarget(name: "JSONTextTests", dependencies: ["JSONText", "TestSupport"]),
        .testTarget(name: "PresentationTests", dependencies: ["Presentation", "Tensors"]),
        .testTarget(name: "TensorsTests", dependencies: ["CKernels", "Tensors", "TestSupport"]),
        .testTarget(name: "NeuralGraphsTests", dependencies: ["NeuralGraphs", "Tensors", "TestSupport"]),
        .testTarget(name: "CheckpointsTests", dependencies: ["Checkpoints", "JSONText", "TestSupport"]),
        .testTarget(
            name: "NowcastingTests",
            dependencies: ["Nowcasting", "NeuralGraphs", "Tensors", "Checkpoints", "TestSupport"]),
        .target(name: "ZooSupport", dependencies: ["PluginHost", "TestSupport"], path: "Tests/ZooSupport"),
        .testTarget(
            name: "PluginHostTests", dependencies: ["PluginHost", "CIsolation", "TestSupport", "ZooSupport"],
            exclude: ["Listings"]),
        .testTarget(
            name: "DerivationTests", dependencies: ["Derivation", "Verification", "TestSupport", "ZooSupport"]),
        .testTarget(name: "VerificationTests", dependencies: ["Verification", "TestSupport", "ZooSupport"]),
        .testTarget(name: "TrainingTests", dependencies: ["Training", "JSONText", "TestSupport"]),
        .testTarget(name: "LibraryTests", dependencies: ["Library", "CNino", "Checkpoints", "TestSupport"]),
        // Damaged files for every reader.
        .target(
            name: "FuzzSupport",
            dependencies: [
                "JSONText", "Tensors", "NeuralGraphs", "Checkpoints", "Nowcasting", "PluginHost", "Training",
                "TestSupport", "ZooSupport",
            ], path: "Tests/FuzzSupport"),
        .testTarget(name: "CommandTests", dependencies: ["TestSupport", "FuzzSupport", "Checkpoints", "Nowcasting"]),
        .testTarget(name: "FuzzTests", dependencies: ["FuzzSupport", "TestSupport"]),
        .executableTarget(
            name: "nino-fuzz", dependencies: ["FuzzSupport"], path: "Tests/Fuzzer", linkerSettings: programLinker),
    ]
        + pluginTargets + testPluginTargets + swiftTestPluginTargets + examplePluginTargets
)
