/// Groups of layers that are alike, in one row: `hidden_0 … hidden_2`.
struct FoldedGroups {
    struct Row {
        var name: String
        let size: Int
        let actsOn: [GroupReport.Place]
        var functionError: Double
        var graph: Bool
        var nowcastError: Double
        var controls: GroupReport.Controls
    }

    private(set) var rows: [Row] = []

    /// Groups that agree in everything but the numbers in their names, and in passing.
    private struct Likeness: Hashable {
        let pattern: String
        let size: Int
        let segments: [String]
        let graph: Bool
    }

    init(_ groups: [GroupReport]) {
        var rowOfLikeness: [Likeness: Int] = [:]
        var firstNames: [String] = []
        for group in groups {
            let name = group.group ?? "all together"
            let (functionError, nowcastError) = (group.functionError ?? .infinity, group.nowcastError ?? .infinity)
            let places = group.actsOn.map {
                GroupReport.Place(segment: LayerPattern.of($0.segment, mark: "l"), count: $0.count)
            }
            let likeness = Likeness(
                pattern: LayerPattern.of(name), size: group.size, segments: places.map { "\($0.segment) \($0.count)" },
                graph: group.graph)
            if let index = rowOfLikeness[likeness], group.group != nil {
                rows[index].name = "\(firstNames[index]) … \(name)"
                rows[index].functionError = max(rows[index].functionError, functionError)
                rows[index].nowcastError = max(rows[index].nowcastError, nowcastError)
                rows[index].controls.caught += group.controls.caught
                rows[index].controls.total += group.controls.total
                rows[index].controls.inert += group.controls.inert
                rows[index].controls.inconclusive += group.controls.inconclusive
            } else {
                rowOfLikeness[likeness] = rows.count
                firstNames.append(name)
                rows.append(
                    Row(
                        name: name, size: group.size, actsOn: places, functionError: functionError, graph: group.graph,
                        nowcastError: nowcastError,
                        controls: group.controls))
            }
        }
    }
}
