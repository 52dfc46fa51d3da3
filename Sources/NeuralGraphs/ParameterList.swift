/// The parameters of a model in `named_parameters()` order (tied tensors once), laid end to end in one flat vector.
public struct ParameterList: Sendable, Equatable {
    public struct Entry: Sendable, Equatable {
        /// Name as in the checkpoint.
        public let name: String
        /// Shape, row-major.
        public let shape: [Int]
        /// Index of the first scalar in the flat vector.
        public let offset: Int
        /// Number of scalars.
        public let count: Int

        public var range: Range<Int> { offset..<(offset + count) }
    }

    public let entries: [Entry]
    /// Number of scalars in all tensors.
    public let count: Int
    private let indexByName: [String: Int]

    /// - Parameter tensors: names and shapes in order, as a plugin or a file gives them.
    /// - Throws: `duplicateParameter`; `parameterShape` for a dimension below 1 or a total that overflows.
    public init(checking tensors: [(name: String, shape: [Int])]) throws(NeuralGraphError) {
        var entries: [Entry] = []
        var indexByName: [String: Int] = [:]
        var offset = 0
        for tensor in tensors {
            guard indexByName.updateValue(entries.count, forKey: tensor.name) == nil else {
                throw .duplicateParameter(name: tensor.name)
            }
            guard tensor.shape.allSatisfy({ $0 > 0 }), let count = checkedProduct(tensor.shape),
                let end = checkedSum(offset, count)
            else {
                throw .parameterShape(name: tensor.name, found: tensor.shape)
            }
            entries.append(Entry(name: tensor.name, shape: tensor.shape, offset: offset, count: count))
            offset = end
        }
        self.entries = entries
        self.count = offset
        self.indexByName = indexByName
    }

    /// The same for names and shapes known to be right: a mistake in them is the programmer's.
    public init(_ tensors: [(name: String, shape: [Int])]) {
        do {
            try self.init(checking: tensors)
        } catch {
            preconditionFailure(error.description)
        }
    }

    /// The parameter that holds scalar `index` of the flat vector.
    public func entry(containing index: Int) -> Entry? {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].range.upperBound <= index { low = middle + 1 } else { high = middle }
        }
        return low < entries.count && entries[low].range.contains(index) ? entries[low] : nil
    }

    public subscript(name: String) -> Entry? {
        indexByName[name].map { entries[$0] }
    }

    public func index(of name: String) -> Int? {
        indexByName[name]
    }
}
