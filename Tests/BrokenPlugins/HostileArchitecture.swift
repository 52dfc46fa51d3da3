// What the hostile plugins in Swift have in common: each is this file and its own `Misdeed`.
import NinoPluginSDK

/// One thing that no plugin may do, in the function where it is done.
protocol Misdeeds {
    static var id: String { get }
    static func describe(_ width: Int)
    static func construct(_ width: Int)
    static func trace(_ width: Int)
}

extension Misdeeds {
    static func describe(_ width: Int) {}
    static func construct(_ width: Int) {}
    static func trace(_ width: Int) {}
}

struct HostileArchitecture: NeuralGraphConstructor, ForwardPass {
    static let id = Misdeed.id
    static let name = "A hostile plugin in Swift"
    static let version = "1.0.0"
    static let modelTypes = ["hostile"]
    static let sampleConfigurations = [#"{"model_type": "hostile", "width": 5, "image_size": 3, "num_classes": 4}"#]

    let width: Int

    init(_ configuration: inout ConfigurationReader) throws {
        width = try configuration.integer("width")
    }

    func describe(_ model: ModelBuilder) throws {
        Misdeed.describe(width)
        try model.parameter("weight", [Axis(fixed: width)], .constant(0))
    }

    func construct(_ graph: GraphBuilder) throws {
        Misdeed.construct(width)
        try graph.vector("weight", .bias, from: graph.nodes("bias"), to: graph.nodes("units", Axis(fixed: width)))
    }

    func trace(_ forward: ForwardBuilder) throws {
        Misdeed.trace(width)
        _ = try forward.input("pixels", NINO_FLOAT32, [width])
    }
}

private let plugin = Plugin(HostileArchitecture.self)

@c @implementation
public func nino_plugin_entry(_ hostMajor: UInt32) -> UnsafePointer<nino_entry_t>? { plugin.entry(forHost: hostMajor) }
