/// What a pickle holds, with nothing in it that could run.
public enum PlainValue: Sendable, Equatable {
    case none
    case bool(Bool)
    case int(Int)
    case float(Double)
    case string(String)
    case bytes([UInt8])
    case list([PlainValue])
    case tuple([PlainValue])
    case set([PlainValue])
    /// In the order of insertion; keys may be any value.
    case dict([Entry])
    /// A `collections.OrderedDict`.
    case orderedDict([Entry])
    case tensor(TorchTensor)
    /// An object of a class this reader does not know, and never calls: its class or factory as `module.name`, the
    /// arguments it was made with, and its state (attributes; or its items, if it is a container; or both in a tuple).
    indirect case opaque(name: String, arguments: [PlainValue], state: PlainValue)

    public struct Entry: Sendable, Equatable {
        public let key: PlainValue
        public let value: PlainValue

        public init(key: PlainValue, value: PlainValue) {
            self.key = key
            self.value = value
        }
    }

    /// The entries of a dictionary of either kind, or nil.
    public var entries: [Entry]? {
        switch self {
        case .dict(let entries), .orderedDict(let entries): entries
        default: nil
        }
    }

    /// The value of a dictionary's key, or an attribute of an opaque object; nil if there is none.
    public subscript(key: String) -> PlainValue? {
        switch self {
        case .dict(let entries), .orderedDict(let entries): entries.last { $0.key == .string(key) }?.value
        case .opaque(_, _, let state): state[key]
        default: nil
        }
    }

    public var int: Int? { if case .int(let value) = self { value } else { nil } }
    public var string: String? { if case .string(let value) = self { value } else { nil } }
    public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }

    /// A number of either kind.
    public var double: Double? {
        switch self {
        case .float(let value): value
        case .int(let value): Double(value)
        default: nil
        }
    }

    /// True if a tensor lies anywhere inside.
    public var holdsTensor: Bool {
        switch self {
        case .tensor: true
        case .list(let values), .tuple(let values), .set(let values): values.contains(where: \.holdsTensor)
        case .dict(let entries), .orderedDict(let entries):
            entries.contains { $0.key.holdsTensor || $0.value.holdsTensor }
        case .opaque(_, let arguments, let state): arguments.contains(where: \.holdsTensor) || state.holdsTensor
        default: false
        }
    }

    /// What this is, for messages.
    var kind: String {
        switch self {
        case .none: "None"
        case .bool: "a truth value"
        case .int, .float: "a number"
        case .string: "a string"
        case .bytes: "bytes"
        case .list, .tuple, .set: "a list"
        case .dict(let entries), .orderedDict(let entries): "a dictionary of \(entries.count) entries"
        case .tensor: "a tensor"
        case .opaque(let name, _, _): "an object of \(name)"
        }
    }
}

/// A view of a storage of an archive, as the pickle describes it. Its numbers are checked when it is read.
public struct TorchTensor: Sendable, Hashable {
    /// Name of the storage in the archive. Tensors with the same key share memory (tied parameters).
    public let storage: String
    public let dtype: DType
    /// Scalars in the storage.
    public let storageCount: Int
    /// First scalar.
    public let offset: Int
    public let shape: [Int]
    /// Scalars from one index of an axis to the next.
    public let strides: [Int]
}
