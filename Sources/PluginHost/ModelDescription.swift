import CNinoPlugin
import NeuralGraphs
import Tensors

/// How a tensor of a fresh model is drawn.
public enum Initialization: Sendable, Equatable {
    case constant(Double)
    case uniform(Double, Double)
    case normal(mean: Double, deviation: Double)
    /// Redrawn beyond two standard deviations.
    case truncatedNormal(mean: Double, deviation: Double)
}

/// What a plugin says of the tensors of a model, checked.
public struct ModelDescription: Sendable, Equatable {
    /// One tensor that is stored with the model.
    public struct StoredTensor: Sendable, Equatable {
        /// Name as in the checkpoint.
        public let name: String
        /// Row-major, slowest axis first.
        public let shape: [Int]
        public let elementType: ElementType
        /// How the groups move each axis.
        public let axes: [Axis]
        public let initialization: Initialization
    }

    /// A tensor that repeats a parameter.
    public struct TiedTensor: Sendable, Equatable {
        /// Name as in the checkpoint.
        public let name: String
        /// The parameter whose values it carries.
        public let parameter: String
    }

    /// The permutation groups the plugin claims.
    public internal(set) var groups: [PermutationGroup] = []
    /// Trained tensors in `named_parameters()` order.
    public internal(set) var parameters: [StoredTensor] = []
    /// Tensors that a checkpoint must hold but that are not trained.
    public internal(set) var buffers: [StoredTensor] = []
    /// Tensors that a checkpoint may hold and that mean nothing.
    public internal(set) var ignored: [StoredTensor] = []
    /// Tensors that a checkpoint may hold and that carry the values of a parameter.
    public internal(set) var tied: [TiedTensor] = []
    /// Beginnings of names that a checkpoint may leave out.
    public internal(set) var prefixes: [String] = []

    /// What the plugin claims of the parameters and buffers.
    public var claims: Symmetries {
        Symmetries(
            groups: groups, axes: Dictionary(uniqueKeysWithValues: (parameters + buffers).map { ($0.name, $0.axes) }))
    }

    /// Names of all tensors that a checkpoint must or may hold.
    public var names: [String] { (parameters + buffers + ignored).map(\.name) + tied.map(\.name) }
}

/// The host's side of `describe`.
final class DescribeCall: BuilderCall {
    private var groups = GroupTable()
    private var names: Set<String> = []
    private var scalars: Int64 = 0
    private(set) var description = ModelDescription()

    /// The table the plugin is given; valid while this object lives.
    var table: nino_model_builder_t {
        nino_model_builder_t(
            context: context,
            add_group: { builder, name, size, dependsOn, count, error in
                DescribeCall.of(builder).report(to: error) {
                    try DescribeCall.of(builder).addGroup(name, size, dependsOn, count)
                }
            },
            add_tensor: { builder, tensor, error in
                DescribeCall.of(builder).report(to: error) {
                    guard let tensor else { throw Refusal("add_tensor: expected a tensor, found NULL") }
                    try DescribeCall.of(builder).addTensor(tensor.pointee)
                }
            },
            add_prefix: { builder, prefix, error in
                DescribeCall.of(builder).report(to: error) { try DescribeCall.of(builder).addPrefix(prefix) }
            })
    }

    private static func of(_ builder: UnsafePointer<nino_model_builder_t>?) -> DescribeCall {
        Unmanaged<DescribeCall>.fromOpaque(builder!.pointee.context).takeUnretainedValue()
    }

    private func addGroup(
        _ cName: UnsafePointer<CChar>?, _ size: Int64, _ dependsOn: UnsafePointer<UnsafePointer<CChar>?>?,
        _ count: Int64
    ) throws {
        guard let name = nonEmptyText(cName) else { throw Refusal("add_group: name: expected a text, found none") }
        var others: [String] = []
        if count != 0 {
            guard let pointers = dependsOn?.elements(count, limit: 64) else {
                throw Refusal("group \"\(name)\": expected 0 to 64 groups it depends on, found \(count)")
            }
            others = pointers.map { text($0) ?? "?" }
        }
        try groups.add(name: name, size: size, dependsOn: others)
        description.groups = groups.groups
    }

    private func addTensor(_ tensor: nino_tensor_t) throws {
        guard let name = nonEmptyText(tensor.name) else {
            throw Refusal("add_tensor: name: expected a text, found none")
        }
        guard names.insert(name).inserted else { throw Refusal("tensor \"\(name)\": the name is taken") }
        guard tensor.role != NINO_TIED else { return try tie(name, to: tensor.tied_to) }
        let shape = try shape(of: tensor, name: name)
        let stored = ModelDescription.StoredTensor(
            name: name, shape: shape, elementType: try elementType(of: tensor, name: name),
            axes: try axes(of: tensor, shape: shape, name: name),
            initialization: try initialization(of: tensor, name: name))
        switch tensor.role {
        case NINO_PARAMETER:
            guard stored.elementType == .float32 else {
                throw Refusal("tensor \"\(name)\": a parameter: expected float32, found \(stored.elementType)")
            }
            description.parameters.append(stored)
        case NINO_BUFFER: description.buffers.append(stored)
        case NINO_IGNORED: description.ignored.append(stored)
        default: throw Refusal("tensor \"\(name)\": role: expected 0 to 3, found \(tensor.role)")
        }
    }

    private func tie(_ name: String, to cParameter: UnsafePointer<CChar>?) throws {
        guard let parameter = text(cParameter), description.parameters.contains(where: { $0.name == parameter }) else {
            throw Refusal(
                "tensor \"\(name)\": tied to \"\(text(cParameter) ?? "?")\", which is no parameter added before")
        }
        description.tied.append(.init(name: name, parameter: parameter))
    }

    private func addPrefix(_ cPrefix: UnsafePointer<CChar>?) throws {
        guard let prefix = nonEmptyText(cPrefix) else { throw Refusal("add_prefix: expected a text, found none") }
        guard !description.prefixes.contains(prefix) else { throw Refusal("prefix \"\(prefix)\": added twice") }
        description.prefixes.append(prefix)
    }

    private func shape(of tensor: nino_tensor_t, name: String) throws -> [Int] {
        guard tensor.rank == 0 || tensor.shape != nil, (0...Int64(NINO_MAX_RANK)).contains(tensor.rank) else {
            throw Refusal("tensor \"\(name)\": rank: expected 0 to \(NINO_MAX_RANK), found \(tensor.rank)")
        }
        let shape = (0..<Int(tensor.rank)).map { tensor.shape[$0] }
        var count: Int64 = 1
        for size in shape {
            let (product, overflow) = count.multipliedReportingOverflow(by: size)
            guard size >= 1, !overflow else {
                throw Refusal(
                    "tensor \"\(name)\": shape \(shape): expected sizes of at least 1 whose product fits in 64 bits")
            }
            count = product
        }
        // What is only passed through is never held as a whole.
        guard tensor.role != NINO_IGNORED else { return shape.map { Int($0) } }
        let (total, overflow) = scalars.addingReportingOverflow(count)
        guard !overflow, total < Int64(1) << 48 else {
            throw Refusal("tensor \"\(name)\": the model has more scalars than any machine could hold")
        }
        scalars = total
        return shape.map { Int($0) }
    }

    private func elementType(of tensor: nino_tensor_t, name: String) throws -> ElementType {
        switch tensor.element_type {
        case NINO_FLOAT32: .float32
        case NINO_INT64: .int64
        default: throw Refusal("tensor \"\(name)\": element type: expected 0 or 1, found \(tensor.element_type)")
        }
    }

    private func axes(of tensor: nino_tensor_t, shape: [Int], name: String) throws -> [Axis] {
        guard let axes = tensor.axes else { return shape.map { Axis(.fixed($0)) } }
        return try shape.indices.map { try groups.axis(axes[$0], size: Int64(shape[$0]), of: "tensor \"\(name)\"") }
    }

    private func initialization(of tensor: nino_tensor_t, name: String) throws -> Initialization {
        let (kind, count) = (tensor.initialization.kind, tensor.initialization.count)
        let counts = [
            NINO_INIT_CONSTANT: 0...1, NINO_INIT_UNIFORM: 2...2, NINO_INIT_NORMAL: 2...2,
            NINO_INIT_TRUNCATED_NORMAL: 2...2,
        ]
        guard let allowed = counts[kind] else {
            throw Refusal(
                "tensor \"\(name)\": initialization: this host has no kind \(kind), only 0 to 3",
                status: NINO_UNSUPPORTED)
        }
        let isMissing = count != 0 && tensor.initialization.values == nil
        guard !isMissing, allowed.contains(Int(count)) else {
            throw Refusal(
                "tensor \"\(name)\": initialization: kind \(kind): expected \(allowed.upperBound) "
                    + "\(allowed.upperBound == 1 ? "number" : "numbers"), found \(count)"
                    + (isMissing ? " at NULL" : ""))
        }
        let values = (0..<Int(count)).map { tensor.initialization.values[$0] }
        guard values.allSatisfy(\.isFinite) else {
            let found = values.map { "\($0)" }.joined(separator: " and ")
            throw Refusal("tensor \"\(name)\": initialization: expected finite numbers, found \(found)")
        }
        switch kind {
        case NINO_INIT_CONSTANT: return .constant(values.first ?? 0)
        case NINO_INIT_UNIFORM where values[0] <= values[1]: return .uniform(values[0], values[1])
        case NINO_INIT_NORMAL where values[1] >= 0: return .normal(mean: values[0], deviation: values[1])
        case NINO_INIT_TRUNCATED_NORMAL where values[1] > 0:
            return .truncatedNormal(mean: values[0], deviation: values[1])
        default:
            throw Refusal(
                "tensor \"\(name)\": initialization: kind \(kind): expected a range or a mean and a standard "
                    + "deviation, found \(values[0]) and \(values[1])")
        }
    }
}
