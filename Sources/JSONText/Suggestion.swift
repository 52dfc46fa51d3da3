/// What someone who mistyped a name may have meant.
package enum Suggestion {
    /// The name nearest to a text; nil if none is near.
    package static func nearest(to text: String, among names: [String]) -> String? {
        let limit = max(1, min(3, text.utf8.count / 3))
        let near = names.map { (name: $0, distance: distance(text.lowercased(), $0.lowercased())) }
        let best = near.min { ($0.distance, $0.name) < ($1.distance, $1.name) }
        if let best, best.distance <= limit { return best.name }
        let longer = names.filter { text.utf8.count >= 3 && $0.lowercased().hasPrefix(text.lowercased()) }
        return longer.count == 1 ? longer[0] : nil
    }

    /// `; did you mean "fm-16"?`, or nothing.
    package static func question(about text: String, among names: [String]) -> String {
        nearest(to: text, among: names).map { "; did you mean \"\($0)\"?" } ?? ""
    }

    /// Bytes to insert, delete, replace or swap with their neighbour (optimal string alignment).
    package static func distance(_ first: String, _ second: String) -> Int {
        let (a, b) = (Array(first.utf8), Array(second.utf8))
        var (last, row) = ([Int](), Array(0...b.count))
        for i in a.indices {
            var next = [i + 1]
            next.reserveCapacity(b.count + 1)
            for j in b.indices {
                var least = min(next[j] + 1, row[j + 1] + 1, row[j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { least = min(least, last[j - 1] + 1) }
                next.append(least)
            }
            (last, row) = (row, next)
        }
        return row[b.count]
    }
}
