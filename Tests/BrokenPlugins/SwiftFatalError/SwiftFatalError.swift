// Ends itself in `describe`, in words.
import NinoPluginSDK

struct SwiftFatalError: ArchitectureDescriptor {
    static let id = "test.swift-fatal-error"
    static let name = "SwiftFatalError"
    static let version = "1.0.0"
    static let modelTypes = ["hostile"]
    static let sampleConfigurations = [#"{"model_type": "hostile", "width": 5, "image_size": 3, "num_classes": 4}"#]

    let width: Int

    init(_ configuration: inout ConfigurationReader) throws {
        width = try configuration.integer("width")
    }

    func describe(_ model: ModelBuilder) throws {
        fatalError("no such layer")
    }
}

private let plugin = Plugin(SwiftFatalError.self)

@c @implementation
public func nino_plugin_entry(_ hostMajor: UInt32) -> UnsafePointer<nino_entry_t>? { plugin.entry(forHost: hostMajor) }
