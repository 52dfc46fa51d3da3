// A model written down as a list of the host's operations (docs/traced.md), as `nino.torch.export` writes one from a
// PyTorch module.
//
// It claims no symmetries and constructs no graph: the host derives both from the forward pass, which is replayed here
// operation by operation.
import NinoPluginSDK

struct Traced: ForwardPass {
    static let id = "nino.traced"
    static let name = "Traced program"
    static let version = "1.0.0"
    static let modelTypes = ["traced"]

    let program: TracedProgram

    init(_ configuration: inout ConfigurationReader) throws {
        program = try TracedProgram(configuration)
    }

    func describe(_ model: ModelBuilder) throws {
        for parameter in program.parameters {
            try model.parameter(parameter.name, parameter.shape.map { Axis(fixed: $0) }, parameter.rule)
        }
        for buffer in program.buffers {
            try model.buffer(buffer.name, buffer.shape.map { Axis(fixed: $0) }, buffer.rule)
        }
        for tensor in program.ignored { try model.ignored(tensor.name, tensor.shape.map { Axis(fixed: $0) }) }
        for tie in program.tied { try model.tied(tie.name, to: tie.to) }
    }

    func trace(_ forward: ForwardBuilder) throws {
        try Replay(program, forward).run()
    }
}

private let plugin = Plugin(Traced.self)

@c @implementation
public func nino_plugin_entry(_ hostMajor: UInt32) -> UnsafePointer<nino_entry_t>? { plugin.entry(forHost: hostMajor) }
