// One hidden layer whose activation, softplus, is an op of the plugin's own, written in Swift.
import Foundation
import NinoPluginSDK

struct Softplus: NeuralGraphConstructor, CustomOperations {
    static let id = "test.softplus"
    static let name = "Softplus network"
    static let version = "1.0.0"
    static let modelTypes = ["softplus"]
    static let sampleConfigurations = [#"{"model_type": "softplus", "width": 5, "inputs": 6, "num_classes": 4}"#]
    static let customOperations = [
        CustomOperation(
            "softplus", "void softplus(const float *x, float beta, float *out, int64_t n)", value,
            gradient: "void softplus_vjp(const float *x, float beta, const float *grad_out, float *grad_x, int64_t n)",
            gradient)
    ]

    /// log(1 + e^(beta x)) / beta.
    private static let value:
        @convention(c) (UnsafePointer<Float>?, Float, UnsafeMutablePointer<Float>?, Int64) -> Void = {
            x, beta, out, count in
            for i in 0..<Int(count) { out![i] = log1p(exp(beta * x![i])) / beta }
        }

    private static let gradient:
        @convention(c) (UnsafePointer<Float>?, Float, UnsafePointer<Float>?, UnsafeMutablePointer<Float>?, Int64) ->
            Void = {
                x, beta, gradOut, gradX, count in
                for i in 0..<Int(count) { gradX![i] = gradOut![i] / (1 + exp(-beta * x![i])) }
            }

    let hidden: Group
    let inputs: Int
    let classes: Int

    init(_ configuration: inout ConfigurationReader) throws {
        hidden = Group("hidden", size: try configuration.integer("width"))
        inputs = try configuration.integer("inputs")
        classes = try configuration.integer("num_classes")
        try configuration.refuseOtherKeys()
    }

    func describe(_ model: ModelBuilder) throws {
        try model.group(hidden)
        try model.parameter("in.weight", [Axis(hidden), Axis(fixed: inputs)], .pytorchDefault(fanIn: inputs))
        try model.parameter("out.weight", [Axis(fixed: classes), Axis(hidden)], .pytorchDefault(fanIn: hidden.size))
    }

    func construct(_ graph: GraphBuilder) throws {
        let first = try graph.nodes("inputs", Axis(fixed: inputs))
        let units = try graph.layer("in.weight", .linear, from: first, to: "hidden", Axis(hidden), vectors: [])
        _ = try graph.layer("out.weight", .linear, from: units, to: "classes", Axis(fixed: classes), vectors: [])
    }

    func trace(_ forward: ForwardBuilder) throws {
        let x = try forward.linear(forward.input("x", NINO_FLOAT32, [nil, inputs]), weight: "in.weight")
        try forward.classify(
            forward.linear(forward.op("custom.softplus", [x], ["beta": .real(2)]), weight: "out.weight"))
    }
}

private let plugin = Plugin(Softplus.self)

@c @implementation
public func nino_plugin_entry(_ hostMajor: UInt32) -> UnsafePointer<nino_entry_t>? { plugin.entry(forHost: hostMajor) }
