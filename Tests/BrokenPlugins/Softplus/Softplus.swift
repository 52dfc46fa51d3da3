// One hidden layer whose activation, softplus, is an op of the plugin's own, written in Swift.
import Foundation
import NinoPluginSDK

struct Softplus: Architecture, CustomOperations {
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

    let modules = Modules()
    let inputs: Int
    let first, second: Linear

    init(_ configuration: inout ConfigurationReader) throws {
        let hidden = Axis(Group("hidden", size: try configuration.integer("width")))
        inputs = try configuration.integer("inputs")
        let classes = try configuration.integer("num_classes")
        try configuration.refuseOtherKeys()
        first = Linear(modules / "in", from: Axis(fixed: inputs), to: hidden, bias: false)
        second = Linear(modules / "out", from: hidden, to: Axis(fixed: classes), bias: false)
    }

    func forward(_ net: Network) throws {
        let x = try first(net.input("x", [inputs])).applying("custom.softplus", ["beta": .real(2)])
        try net.classify(second(x))
    }
}

private let plugin = Plugin(Softplus.self)

@c @implementation
public func nino_plugin_entry(_ hostMajor: UInt32) -> UnsafePointer<nino_entry_t>? { plugin.entry(forHost: hostMajor) }
