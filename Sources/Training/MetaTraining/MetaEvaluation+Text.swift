import Foundation

extension MetaEvaluation {
    /// Horizons that tables for people show.
    private static let shown = [1, 2, 5, 10, 20, 40]

    /// Lines of a table: relative error, cosine and length ratio of all parameters by family and horizon, and the
    /// means.
    public func table(title: String) -> [String] {
        let families = rows.map(\.family).distinct()
        let width = (families + rows.map(\.kind)).map(\.count).max() ?? 0
        func cell(_ text: String, _ count: Int) -> String {
            text.padding(toLength: max(count, text.count), withPad: " ", startingAt: 0)
        }
        var lines = [
            title, cell("family", width + 2) + Self.shown.map { cell("k = \($0): error cosine length", 30) }.joined(),
        ]
        func find(_ family: String, _ kind: String, _ horizon: Int) -> Row? {
            rows.first { $0.family == family && $0.kind == kind && $0.horizon == horizon }
        }
        for family in families {
            lines.append(
                cell(family, width + 2)
                    + Self.shown.map { horizon in
                        cell(
                            find(family, Self.allKinds, horizon).map {
                                String(format: "%14.3f %6.3f %6.3f", $0.relativeError, $0.cosine, $0.lengthRatio)
                            } ?? "", 30)
                    }.joined())
        }
        if let error = meanRelativeError, let cosine = meanCosine {
            lines.append(
                String(format: "mean over families and horizons: relative error %.3f, cosine %.3f", error, cosine))
        }
        return lines
    }
}
