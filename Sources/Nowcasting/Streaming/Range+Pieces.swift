extension Range<Int> {
    func shifted(by distance: Int) -> Range<Int> { (lowerBound + distance)..<(upperBound + distance) }

    /// Pieces of at most `step` numbers, in order.
    public func pieces(of step: Int) -> [Range<Int>] {
        stride(from: lowerBound, to: upperBound, by: step).map { $0..<Swift.min($0 + step, upperBound) }
    }
}
