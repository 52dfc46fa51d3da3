import TestSupport

/// A reader of files, right files to begin from, and what is done with a damaged one.
public struct FuzzReader: Sendable {
    public let name: String
    /// Right files.
    public let corpus: [[UInt8]]
    /// Reads a damaged file with a folder to work in; errors are the right answer.
    public let read: @Sendable ([UInt8], TemporaryFolder) throws -> Void

    public init(_ name: String, corpus: [[UInt8]], read: @escaping @Sendable ([UInt8], TemporaryFolder) throws -> Void)
    {
        (self.name, self.corpus, self.read) = (name, corpus, read)
    }

    /// The damaged file of a number: a function of the number alone.
    public func input(_ number: UInt64) -> [UInt8] {
        var mutator = Mutator(seed: number)
        let base = corpus[Int(number % UInt64(corpus.count))]
        let other = corpus[Int(number / 7 % UInt64(corpus.count))]
        return mutator.mutate(base, other: other)
    }

    /// What came of some inputs.
    public struct Result: Sendable {
        public var inputs = 0
        /// Read without an error.
        public var accepted = 0
        /// Seconds of the processor, and the input that took them.
        public var slowest = (seconds: 0.0, input: UInt64(0))
    }

    /// Reads damaged files `first` on until `isDone`.
    ///
    /// - Parameter begin: called with each number before it is tried.
    public func run(
        from first: UInt64, begin: (UInt64) -> Void = { _ in }, isDone: (Result) -> Bool
    ) -> Result {
        var result = Result()
        let folder = TemporaryFolder()
        while !isDone(result) {
            let number = first + UInt64(result.inputs)
            begin(number)
            let bytes = input(number)
            let started = ThreadTime.now
            if (try? read(bytes, folder)) != nil { result.accepted += 1 }
            let seconds = (ThreadTime.now - started) / .seconds(1)
            if seconds > result.slowest.seconds { result.slowest = (seconds, number) }
            result.inputs += 1
        }
        return result
    }
}
