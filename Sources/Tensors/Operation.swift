/// Where a vector-Jacobian product goes.
public struct GradientTarget {
    public let tensor: Tensor
    /// 0: overwrite what is there, which is undefined; 1: add to it.
    public let beta: Float

    public init(tensor: Tensor, beta: Float) {
        self.tensor = tensor
        self.beta = beta
    }

    public var address: UnsafeMutablePointer<Float> { tensor.address }
    /// As the kernels in C take it.
    var accumulate: Int32 { beta == 0 ? 0 : 1 }
}

/// A differentiable operation with one float output. Stateless: what is kept between calls lies in the context.
public protocol Operation: Sendable {
    var name: String { get }

    /// Shape of the output for inputs from outside.
    /// - Throws: `inputCount`, `inputType`, `inputShape`, `tooLarge`.
    func outputShape(inputs: [ValueType]) throws(TensorError) -> [Int]

    /// Computes the output, whose memory is undefined at first. The inputs have the types `outputShape` accepted.
    func forward(_ inputs: [Value], into output: Tensor, context: OperationContext) throws(TensorError)

    /// The vector-Jacobian product: for each input i, target i := beta · target i + (∂output/∂input i)ᵀ · gradient.
    ///
    /// A target is nil where no gradient is wanted. Targets must be handled in the order of the inputs: where one value
    /// is passed twice, both have the same tensor and the second adds to the first.
    /// - Parameters:
    ///   - gradient: of the output, in its shape.
    ///   - output: as `forward` left it.
    func pullback(
        _ gradient: Tensor, output: Tensor, inputs: [Value], into targets: [GradientTarget?],
        context: OperationContext) throws(TensorError)

    /// How axes pass through it, for inputs of types that `outputShape` accepted.
    func axisFlow(inputs: [ValueType]) -> AxisFlow

    /// The number that the integers of input `index` must stay below; nil if they are no integers or may be any.
    func integerBound(input index: Int, inputs: [ValueType]) -> Int?

    /// This operation and a ReLU behind it in one pass, bit for bit the same; nil if there is no such thing.
    func fusedWithReLU() -> (any Operation)?
}

extension Operation {
    public func integerBound(input index: Int, inputs: [ValueType]) -> Int? { nil }

    public func fusedWithReLU() -> (any Operation)? { nil }
}

/// What one use of an operation in a program has at hand while it runs.
public final class OperationContext {
    /// True while parameters are fitted: batch norm takes the statistics of the batch.
    public internal(set) var training = false
    private var keptPool = ScratchPool()
    private let shared: SharedScratch

    init(shared: SharedScratch) {
        self.shared = shared
    }

    /// Scratch of this use alone; what `forward` writes is there in `pullback`. Zero at first and when `count` grows.
    /// - Throws: `outOfMemory`, `tooLarge`.
    public func kept(_ slot: Int, count: Int) throws(TensorError) -> UnsafeMutablePointer<Float> {
        try keptPool.floats(slot, count: count)
    }

    /// Scratch shared by all uses: undefined on entry to each call.
    /// - Throws: `outOfMemory`, `tooLarge`.
    public func transient(_ slot: Int, count: Int) throws(TensorError) -> UnsafeMutablePointer<Float> {
        try shared.pool.floats(slot, count: count)
    }
}

/// Transient scratch of one evaluator.
final class SharedScratch {
    var pool = ScratchPool()
}

/// Buffers that grow to the largest size asked for and stay.
struct ScratchPool {
    private var slots: [Tensor?] = []

    mutating func floats(_ slot: Int, count: Int) throws(TensorError) -> UnsafeMutablePointer<Float> {
        while slots.count <= slot { slots.append(nil) }
        if let tensor = slots[slot], tensor.count >= count { return tensor.address }
        let tensor = try Tensor.allocate(shape: [max(1, count)], name: "scratch")
        slots[slot] = tensor
        return tensor.address
    }
}
