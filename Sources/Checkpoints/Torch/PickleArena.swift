/// Index of a value in a `PickleArena`.
typealias PickleReference = Int32

/// A value while a pickle is being read. Containers refer to others by index: a pickle may fill a list after others
/// refer to it, and indices, unlike references, cost no stack when a deep structure is freed.
enum PickleNode {
    case none
    case bool(Bool)
    case int(Int)
    case float(Double)
    case string(String)
    case bytes([UInt8])
    /// Whole numbers beyond 64 bits, little-endian two's complement.
    case bigInteger([UInt8])
    /// Containers: an index in `contents`; dictionaries have their keys and values in turn.
    case list(Int32)
    case tuple(Int32)
    case set(Int32)
    case dict(Int32)
    case orderedDict(Int32)
    /// Index in `globals`.
    case global(Int32)
    /// Index in `storages`.
    case storage(Int32)
    /// Index in `tensors`.
    case tensor(Int32)
    /// Index in `objects`.
    case object(Int32)
}

/// A class or function, by name.
struct PickleGlobal: Equatable {
    let module: String
    let name: String

    var fullName: String { "\(module).\(name)" }
}

/// A storage of the archive.
struct PickleStorage {
    /// Its class, such as `torch.FloatStorage`.
    let typeName: String
    /// nil for a class this reader does not know.
    let dtype: DType?
    let key: String
    let count: Int
}

/// An instance of a class this reader does not know.
struct PickleObject {
    let name: String
    let arguments: [PickleReference]
    var state: PickleReference?
    /// Elements appended to it.
    var items: [PickleReference] = []
    /// Keys and values set on it, in turn.
    var entries: [PickleReference] = []
}

/// All values made while a pickle is read.
struct PickleArena {
    var nodes: [PickleNode] = []
    /// Elements of containers, beside the nodes so that they grow in place.
    var contents: [[PickleReference]] = []
    var globals: [PickleGlobal] = []
    var storages: [PickleStorage] = []
    var tensors: [TorchTensor] = []
    var objects: [PickleObject] = []

    /// The elements of a container; none of anything else.
    func children(of reference: PickleReference) -> [PickleReference] {
        switch nodes[Int(reference)] {
        case .list(let index), .tuple(let index), .set(let index), .dict(let index), .orderedDict(let index):
            contents[Int(index)]
        default: []
        }
    }
}
