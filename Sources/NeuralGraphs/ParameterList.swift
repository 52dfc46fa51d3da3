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

    /// - Parameter tensors: names and shapes in order; names must be distinct.
    public init(_ tensors: [(name: String, shape: [Int])]) {
        var entries: [Entry] = []
        var offset = 0
        for tensor in tensors {
            let count = tensor.shape.reduce(1, *)
            entries.append(Entry(name: tensor.name, shape: tensor.shape, offset: offset, count: count))
            offset += count
        }
        self.entries = entries
        self.count = offset
        self.indexByName = Dictionary(uniqueKeysWithValues: entries.enumerated().map { ($1.name, $0) })
    }

    public subscript(name: String) -> Entry? {
        indexByName[name].map { entries[$0] }
    }

    public func index(of name: String) -> Int? {
        indexByName[name]
    }
}
