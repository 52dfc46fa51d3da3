import Tensors

/// What an optimizer keeps from step to step, ready for a file.
public struct SavedOptimizerState: Sendable {
    public var tensors: [String: Tensor]
    public var counters: [String: Int]

    public init(tensors: [String: Tensor] = [:], counters: [String: Int] = [:]) {
        (self.tensors, self.counters) = (tensors, counters)
    }

    /// - Throws: `savedTensorMissing`, `savedTensorShape`.
    public func tensor(_ name: String, count: Int) throws(NowcastError) -> Tensor {
        guard let tensor = tensors[name] else { throw .savedTensorMissing(name: name) }
        guard tensor.count == count else { throw .savedTensorShape(name: name, expected: [count], found: tensor.shape) }
        return tensor
    }

    /// Far beyond any run, and far below where sums overflow.
    private static let largestCounter = 1_000_000_000_000

    /// - Throws: `savedNumber`.
    public func counter(_ name: String) throws(NowcastError) -> Int {
        guard let value = counters[name], value >= 0 else {
            throw .savedNumber(
                name: name, expected: "a number of at least 0", found: counters[name].map(String.init) ?? "none")
        }
        guard value <= Self.largestCounter else {
            throw .savedNumber(name: name, expected: "at most \(Self.largestCounter)", found: "\(value)")
        }
        return value
    }

    /// - Throws: `savedNumber` for one that is there and is no such number.
    func counter(_ name: String, otherwise value: Int) throws(NowcastError) -> Int {
        counters[name] == nil ? value : try counter(name)
    }

    /// Everything whose name begins with `prefix`, without it.
    func part(_ prefix: String) -> SavedOptimizerState {
        func strip<Value>(_ entries: [String: Value]) -> [String: Value] {
            Dictionary(
                uniqueKeysWithValues: entries.filter { $0.key.hasPrefix(prefix) }.map {
                    (String($0.key.dropFirst(prefix.count)), $0.value)
                })
        }
        return SavedOptimizerState(tensors: strip(tensors), counters: strip(counters))
    }

    /// The same under longer names.
    func prefixed(_ prefix: String) -> SavedOptimizerState {
        func extend<Value>(_ entries: [String: Value]) -> [String: Value] {
            Dictionary(uniqueKeysWithValues: entries.map { (prefix + $0.key, $0.value) })
        }
        return SavedOptimizerState(tensors: extend(tensors), counters: extend(counters))
    }
}
