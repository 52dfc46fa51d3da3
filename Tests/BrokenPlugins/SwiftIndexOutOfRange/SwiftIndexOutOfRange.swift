// Reads behind the end of an array in `construct`.
import NinoPluginSDK

struct SwiftIndexOutOfRange: NeuralGraphConstructor {
    static let id = "test.swift-index-out-of-range"
    static let name = "SwiftIndexOutOfRange"
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

    func construct(_ graph: GraphBuilder) throws {
        let names = ["inputs", "outputs"]
        _ = try graph.nodes(names[width], Axis(fixed: width))
    }
}

private let plugin = Plugin(SwiftIndexOutOfRange.self)

@c @implementation
public func nino_plugin_entry(_ hostMajor: UInt32) -> UnsafePointer<nino_entry_t>? { plugin.entry(forHost: hostMajor) }
