import Glibc

/// Memory of its own, aligned to cache lines, freed with the last view of it.
private final class Storage {
    let address: UnsafeMutableRawPointer

    init?(bytes: Int) {
        var address: UnsafeMutableRawPointer?
        guard posix_memalign(&address, 64, max(bytes, 64)) == 0, let address else { return nil }
        self.address = address
    }

    deinit {
        free(address)
    }
}

/// A dense row-major float32 tensor: a shape over contiguous memory, of its own or of another tensor.
///
/// A tensor of shape [n] serves as the flat vector in which all parameters (or all gradients) of a model lie end to
/// end. Unchecked: whoever shares a tensor between threads sees to it that no one writes what another reads.
public final class Tensor: @unchecked Sendable {
    public let shape: [Int]
    /// Number of elements.
    public let count: Int
    public let values: UnsafeMutableBufferPointer<Float>
    private let owner: AnyObject

    /// All zeros.
    public convenience init(shape: [Int]) {
        guard let tensor = try? Tensor.allocate(shape: shape) else {
            preconditionFailure("no tensor of shape \(shape)")
        }
        self.init(shape: shape, values: tensor.values, owner: tensor.owner)
    }

    /// - Parameter values: as many as the shape has elements.
    public convenience init(shape: [Int], values: [Float]) {
        self.init(shape: shape)
        precondition(values.count == count, "shape \(shape) needs \(count) values, found \(values.count)")
        _ = self.values.update(fromContentsOf: values)
    }

    /// The elements `offset ..< offset + count` of another tensor, under a shape of their own; keeps their owner alive.
    public convenience init(shape: [Int], of other: Tensor, offset: Int = 0) {
        let count = shape.reduce(1, *)
        precondition(
            offset >= 0 && count >= 0 && offset + count <= other.count,
            "view of shape \(shape) at \(offset) of \(other.count) elements")
        let values = UnsafeMutableBufferPointer(rebasing: other.values[offset..<(offset + count)])
        self.init(shape: shape, values: values, owner: other.owner)
    }

    /// Memory that `owner` keeps alive, such as a mapped file.
    public init(shape: [Int], values: UnsafeMutableBufferPointer<Float>, owner: AnyObject) {
        self.shape = shape
        self.count = shape.reduce(1, *)
        precondition(count == values.count, "shape \(shape) over \(values.count) values")
        self.values = values
        self.owner = owner
    }

    /// Above this many elements (4 TiB) a shape is taken for an error.
    public static let largestCount = 1 << 40

    /// All zeros, for a shape from outside.
    /// - Throws: `invalidShape`, `tooLarge`, `outOfMemory`.
    public static func allocate(shape: [Int], name: String = "tensor") throws(TensorError) -> Tensor {
        let count = try ValueType.checkedCount(shape, name: name, limit: largestCount)
        let bytes = count * MemoryLayout<Float>.stride
        guard let storage = Storage(bytes: bytes) else { throw .outOfMemory(name: name, bytes: bytes) }
        let values = UnsafeMutableBufferPointer(
            start: storage.address.bindMemory(to: Float.self, capacity: count), count: count)
        values.initialize(repeating: 0)
        return Tensor(shape: shape, values: values, owner: storage)
    }

    public var array: [Float] { Array(values) }

    /// Address of the first element.
    public var address: UnsafeMutablePointer<Float> { values.baseAddress! }
}

/// A dense row-major int64 tensor.
public final class IntegerTensor: @unchecked Sendable {
    public let shape: [Int]
    /// Number of elements.
    public let count: Int
    public let values: UnsafeMutableBufferPointer<Int64>
    private let storage: Storage

    /// All zeros.
    public init(shape: [Int]) {
        let count = shape.reduce(1, *)
        guard let storage = Storage(bytes: count * MemoryLayout<Int64>.stride) else {
            preconditionFailure("no integer tensor of shape \(shape)")
        }
        self.shape = shape
        self.count = count
        self.storage = storage
        self.values = UnsafeMutableBufferPointer(
            start: storage.address.bindMemory(to: Int64.self, capacity: count), count: count)
        values.initialize(repeating: 0)
    }

    /// - Parameter values: as many as the shape has elements.
    public convenience init(shape: [Int], values: [Int64]) {
        self.init(shape: shape)
        precondition(values.count == count, "shape \(shape) needs \(count) values, found \(values.count)")
        _ = self.values.update(fromContentsOf: values)
    }

    public var array: [Int64] { Array(values) }
}

/// What flows between operations.
public enum Value: Sendable {
    case float(Tensor)
    case integer(IntegerTensor)

    public var type: ValueType {
        switch self {
        case .float(let tensor): ValueType(.float32, tensor.shape)
        case .integer(let tensor): ValueType(.int64, tensor.shape)
        }
    }

    /// The float tensor of a value whose type has been checked.
    public var floats: Tensor {
        guard case .float(let tensor) = self else { preconditionFailure("expected float32, found int64") }
        return tensor
    }

    /// The integer tensor of a value whose type has been checked.
    public var integers: IntegerTensor {
        guard case .integer(let tensor) = self else { preconditionFailure("expected int64, found float32") }
        return tensor
    }
}
