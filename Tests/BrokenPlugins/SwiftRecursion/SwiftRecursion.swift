// Calls itself without end in `trace`.
import NinoPluginSDK

struct SwiftRecursion: ForwardPass {
    static let id = "test.swift-recursion"
    static let name = "SwiftRecursion"
    static let version = "1.0.0"
    static let modelTypes = ["hostile"]
    static let sampleConfigurations = [#"{"model_type": "hostile", "width": 5, "image_size": 3, "num_classes": 4}"#]

    let width: Int

    init(_ configuration: inout ConfigurationReader) throws {
        width = try configuration.integer("width")
    }

    func describe(_ model: ModelBuilder) throws {
        try model.parameter("weight", [Axis(fixed: width)], .constant(0))
    }

    func trace(_ forward: ForwardBuilder) throws {
        try deeper(forward, width)
    }

    private func deeper(_ forward: ForwardBuilder, _ depth: Int) throws {
        if depth > 0 { try deeper(forward, depth + 1) }
        _ = try forward.input("pixels \(depth)", NINO_FLOAT32, [depth])
    }
}

private let plugin = Plugin(SwiftRecursion.self)

@c @implementation
public func nino_plugin_entry(_ hostMajor: UInt32) -> UnsafePointer<nino_entry_t>? { plugin.entry(forHost: hostMajor) }
