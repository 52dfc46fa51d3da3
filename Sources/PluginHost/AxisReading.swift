import CNinoPlugin
import NeuralGraphs

/// The groups of a model by name, and the reading of axes that name them.
struct GroupTable {
    private(set) var groups: [PermutationGroup] = []
    private var indexByName: [String: Int] = [:]

    init(_ groups: [PermutationGroup] = []) {
        self.groups = groups
        indexByName = Dictionary(uniqueKeysWithValues: groups.enumerated().map { ($1.name, $0) })
    }

    mutating func add(name: String, size: Int64, dependsOn: [String]) throws(Refusal) {
        guard indexByName[name] == nil else { throw Refusal("group \"\(name)\": the name is taken") }
        guard (1...Int64(Int32.max)).contains(size) else {
            throw Refusal("group \"\(name)\": size: expected 1 to \(Int32.max), found \(size)")
        }
        var indices: [Int] = []
        for other in dependsOn {
            guard let index = indexByName[other] else {
                throw Refusal("group \"\(name)\": depends on \"\(other)\", which was not added before")
            }
            indices.append(index)
        }
        indexByName[name] = groups.count
        groups.append(PermutationGroup(name: name, size: Int(size), dependsOn: indices))
    }

    /// Reads an axis and checks that it has `size` positions.
    func axis(_ axis: nino_axis_t, size: Int64, of owner: String) throws(Refusal) -> Axis {
        guard let segments = axis.segments?.elements(axis.count, limit: 1024), !segments.isEmpty else {
            throw Refusal("\(owner): axis: expected 1 to 1024 segments, found \(axis.count)")
        }
        var read: [[AxisFactor]] = []
        var total: Int64 = 0
        for segment in segments {
            let (factors, product) = try factors(segment, of: owner)
            read.append(factors)
            let (sum, overflow) = total.addingReportingOverflow(product)
            guard !overflow else { throw Refusal("\(owner): axis: more positions than fit in 64 bits") }
            total = sum
        }
        guard total == size else { throw Refusal("\(owner): axis: expected \(size) positions, found \(total)") }
        return Axis(segments: read)
    }

    private func factors(_ segment: nino_segment_t, of owner: String) throws(Refusal) -> ([AxisFactor], Int64) {
        guard let factors = segment.factors?.elements(segment.count, limit: 64), !factors.isEmpty else {
            throw Refusal("\(owner): axis: expected 1 to 64 factors in a segment, found \(segment.count)")
        }
        var read: [AxisFactor] = []
        var product: Int64 = 1
        for factor in factors {
            let size: Int64
            if factor.group != nil {
                guard let name = text(factor.group), let index = indexByName[name] else {
                    throw Refusal("\(owner): axis: no group \"\(text(factor.group) ?? "?")\" was added")
                }
                read.append(.group(index))
                size = Int64(groups[index].size)
            } else {
                guard factor.fixed >= 1, let count = Int(exactly: factor.fixed) else {
                    throw Refusal("\(owner): axis: fixed positions: expected at least 1, found \(factor.fixed)")
                }
                read.append(.fixed(count))
                size = factor.fixed
            }
            let (next, overflow) = product.multipliedReportingOverflow(by: size)
            guard !overflow else { throw Refusal("\(owner): axis: more positions than fit in 64 bits") }
            product = next
        }
        return (read, product)
    }
}
