/// What someone who mistyped a name may have meant.
enum Suggestion {
    /// The name nearest to a text; nil if none is near.
    static func nearest(to text: String, among names: [String]) -> String? {
        let limit = max(1, min(3, text.count / 3))
        let near = names.map { (name: $0, distance: distance(text.lowercased(), $0.lowercased())) }
        let best = near.min { ($0.distance, $0.name) < ($1.distance, $1.name) }
        if let best, best.distance <= limit { return best.name }
        let longer = names.filter { text.count >= 3 && $0.lowercased().hasPrefix(text.lowercased()) }
        return longer.count == 1 ? longer[0] : nil
    }

    /// `; did you mean "fm-16"?`, or nothing.
    static func question(about text: String, among names: [String]) -> String {
        nearest(to: text, among: names).map { "; did you mean \"\($0)\"?" } ?? ""
    }

    /// Letters to insert, delete, replace or swap with their neighbour (optimal string alignment).
    static func distance(_ first: String, _ second: String) -> Int {
        let (a, b) = (Array(first), Array(second))
        var rows = [Array(0...b.count)]
        for i in 0..<a.count {
            var row = [i + 1]
            for j in 0..<b.count {
                var least = min(row[j] + 1, rows[i][j + 1] + 1, rows[i][j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { least = min(least, rows[i - 1][j - 1] + 1) }
                row.append(least)
            }
            rows.append(row)
        }
        return rows[a.count][b.count]
    }
}
