/// The digits that two shapes of equal count have in common: every axis of either is a product of consecutive digits.
public struct MixedRadix {
    /// Outermost first.
    private(set) var sizes: [Int] = []
    /// The digits of each axis, as indices of `sizes`; none for an axis of size 1.
    private(set) var first: [[Int]] = []
    private(set) var second: [[Int]] = []

    /// nil where an axis of one shape ends inside a digit of the other, as for 4 × 6 and 6 × 4.
    init?(_ first: [Int], _ second: [Int]) {
        var (rest, axis) = (1, -1)
        self.second = second.map { _ in [] }
        for size in first {
            var left = size
            var digits: [Int] = []
            while left > 1 {
                while rest == 1 {
                    axis += 1
                    guard axis < second.count else { return nil }
                    rest = second[axis]
                }
                let digit = min(left, rest)
                guard left.isMultiple(of: digit), rest.isMultiple(of: digit) else { return nil }
                (left, rest) = (left / digit, rest / digit)
                digits.append(sizes.count)
                self.second[axis].append(sizes.count)
                sizes.append(digit)
            }
            self.first.append(digits)
        }
    }

    /// Both shapes cut into the shortest runs of axes with equal products.
    public static func commonRuns(_ first: [Int], _ second: [Int]) -> [(first: [Int], second: [Int])] {
        var runs: [(first: [Int], second: [Int])] = []
        var (i, j) = (0, 0)
        while i < first.count || j < second.count {
            var (run, other): ([Int], [Int]) = ([], [])
            var (a, b) = (1, 1)
            repeat {
                if j == second.count || (a <= b && i < first.count) {
                    a *= first[i]
                    run.append(first[i])
                    i += 1
                } else {
                    b *= second[j]
                    other.append(second[j])
                    j += 1
                }
            } while a != b
            runs.append((run, other))
        }
        return runs
    }
}
